import { ModelBehaviorError, UserError } from "@openai/agents";
import { createGate } from "@tollgate/core";
import { toRefusal } from "@tollgate/core/adapter";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { isUnbilled } from "./unbilled.ts";

const { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } = OpenAI;
const status = (code: number) => APIError.generate(code, {}, "failed", new Headers());

describe("a failed call surely cost nothing", () => {
  it.each([400, 401, 404, 409, 422, 429, 500, 503])("after OpenAI's error of status %i", (code) => {
    expect(isUnbilled(status(code))).toBe(true);
  });

  it("when nobody listened, when the SDK did not send it, or when a gate further in refused it", async () => {
    const cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    expect(isUnbilled(new APIConnectionError({ cause }))).toBe(true);
    expect(isUnbilled(new UserError("not supported"))).toBe(true);
    const inner = createGate({ budgets: [{ id: "none", limit: "0 calls" }] });
    const decision = await inner.decide({ kind: "llm", name: "gpt-4o" });
    expect(isUnbilled(toRefusal(decision))).toBe(true);
  });
});

describe("a failed call may have cost something", () => {
  it.each([
    ["when its connection was cut", new APIConnectionError({ message: "terminated" })],
    ["when it timed out", new APIConnectionTimeoutError()],
    ["when it was aborted", new APIUserAbortError()],
    ["when its answer was cut by its limit", new ModelBehaviorError("response.incomplete")],
    ["after status 408", status(408)],
    ["otherwise", new Error("what?")],
  ])("%s", (_when, error) => {
    expect(isUnbilled(error)).toBe(false);
  });
});
