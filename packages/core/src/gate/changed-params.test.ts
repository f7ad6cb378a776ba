import { describe, expect, it } from "vitest";
import type { Action } from "../action/action.ts";
import { jsonParams } from "../action/json-params.ts";
import type { JsonObject } from "../codec/json.ts";
import { changedParams } from "./changed-params.ts";

const bytes = new Uint8Array([1, 2, 3]);

/** The action that a degrade makes of parameters, as the gate does. */
function enforced(params: unknown, patch: JsonObject): Action {
  const before = jsonParams(params) as JsonObject;
  return { kind: "llm", name: "m", amounts: {}, subject: {}, params: { ...before, ...patch } };
}

describe("changedParams", () => {
  it("answers nothing where nothing was rewritten", () => {
    const params = { prompt: [{ text: "hi", image: bytes }], at: new Date(0), temperature: 1 };
    expect(changedParams({ kind: "llm", name: "m", params }, enforced(params, {}))).toEqual({});
  });

  it("answers only the members that changed, not the digests that stand for bytes", () => {
    const params = { image: bytes, temperature: 1, seed: 7 };
    const action = enforced(params, { temperature: 0, seed: 7 });
    expect(changedParams({ kind: "llm", name: "m", params }, action)).toEqual({ temperature: 0 });
  });

  it("answers members that were not there before, also when they are null", () => {
    const params = { prompt: "hi" };
    const action = enforced(params, { topP: null, nested: { a: 1 } });
    expect(changedParams({ kind: "llm", name: "m", params }, action)).toEqual({
      topP: null,
      nested: { a: 1 },
    });
  });

  it("does not take another order of an object's members for a change", () => {
    const params = { options: { a: 1, b: 2 } };
    expect(
      changedParams({ kind: "llm", name: "m", params }, enforced(params, { options: { b: 2, a: 1 } })),
    ).toEqual({});
  });

  it("does not mistake inherited names for members", () => {
    const action = enforced({}, { constructor: "x" });
    expect(changedParams({ kind: "llm", name: "m", params: {} }, action)).toEqual({ constructor: "x" });
  });
});
