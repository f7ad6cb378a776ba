import { describe, expect, it } from "vitest";
import { InvalidAction } from "../errors.ts";
import type { ActionInput } from "./action.ts";
import { readAction } from "./read-action.ts";

const subject = Object.freeze({ user: "alice" });

/** Reads an action that a compiler would refuse, as JavaScript may pass it. */
function read(input: unknown) {
  return readAction(input as ActionInput, subject, 4096);
}

describe("an action as its caller gave it", () => {
  it("is completed and frozen", () => {
    const action = read({ kind: "llm", name: "gpt-4o" });
    expect(action).toEqual({
      kind: "llm",
      name: "gpt-4o",
      params: null,
      amounts: {},
      subject,
      maxOutputTokens: 4096,
    });
    expect(Object.isFrozen(action)).toBe(true);
  });

  it("keeps all that it says, but its key", () => {
    const said = {
      kind: "llm",
      name: "gpt-4o",
      provider: "openai",
      params: { prompt: "hi" },
      maxOutputTokens: 100,
      inputTokens: 20,
      mediaParts: 1,
      capability: "data_write",
      step: 3,
      attempt: 2,
    };
    const action = read({ ...said, key: "call-1", amounts: { usd: "$0.18", calls: 2n } });
    expect(action).toEqual({ ...said, subject, amounts: { usd: 180_000_000n, calls: 2n } });
  });

  it("takes a member that is undefined for an absent one", () => {
    const absent = { provider: undefined, key: undefined, step: undefined, amounts: undefined };
    expect(Object.keys(read({ kind: "tool", name: "clock", ...absent }))).toEqual([
      "kind",
      "name",
      "params",
      "amounts",
      "subject",
    ]);
  });

  it("has no negative zero, which a receipt cannot hold", () => {
    expect(read({ kind: "tool", name: "clock", step: -0 }).step).toBe(0);
  });

  it("gets an output limit only where there is a default, and only as a model call", () => {
    expect(read({ kind: "tool", name: "clock" }).maxOutputTokens).toBeUndefined();
    expect(readAction({ kind: "llm", name: "a" }, subject, null).maxOutputTokens).toBeUndefined();
  });

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /the action is not valid: expected an object/],
    ["null", null, /expected an object/],
    ["a list", [], /expected an object/],
    ["no kind", { name: "a" }, /kind: expected one of llm, tool,/],
    ["an unknown kind", { kind: "LLM", name: "a" }, /kind: expected one of/],
    ["no name", { kind: "llm" }, /name: expected a text of 1 to 256 characters/],
    ["an empty name", { kind: "llm", name: "" }, /name: /],
    ["an endless name", { kind: "llm", name: "a".repeat(257) }, /name: /],
    ["a name with half a character", { kind: "llm", name: "\ud83d" }, /name: /],
    ["a provider that is no text", { kind: "llm", name: "a", provider: 5 }, /provider: /],
    ["an empty key", { kind: "llm", name: "a", key: "" }, /key: /],
    ["a negative limit", { kind: "llm", name: "a", maxOutputTokens: -1 }, /maxOutputTokens: /],
    ["half a token", { kind: "llm", name: "a", inputTokens: 0.5 }, /inputTokens: expected a whole number/],
    ["media without number", { kind: "llm", name: "a", mediaParts: Number.NaN }, /mediaParts: /],
    ["a step as text", { kind: "llm", name: "a", step: "1" }, /step: /],
    ["an attempt beyond 2^53", { kind: "llm", name: "a", attempt: 2 ** 53 }, /attempt: /],
    ["an unknown capability", { kind: "llm", name: "a", capability: "root" }, /capability: expected one of/],
    [
      "members that nobody knows",
      { kind: "llm", name: "a", parms: {}, Key: "" },
      /unknown member parms, Key/,
    ],
    ["amounts in a Map", { kind: "llm", name: "a", amounts: new Map([["usd", 5n]]) }, /amounts: expected an/],
    ["a list of amounts", { kind: "llm", name: "a", amounts: [5n] }, /amounts: expected an object/],
    [
      "an amount as number",
      { kind: "llm", name: "a", amounts: { usd: 5 } },
      /amounts\.usd: expected a bigint/,
    ],
    [
      "an amount as object",
      { kind: "llm", name: "a", amounts: { usd: { unit: "usd", amount: 5n } } },
      /amounts\.usd: expected a bigint/,
    ],
    [
      "an amount in another unit",
      { kind: "llm", name: "a", amounts: { usd: "5 calls" } },
      /is in calls, not/,
    ],
    ["a negative amount", { kind: "llm", name: "a", amounts: { usd: -1n } }, /amounts\.usd: is negative/],
    [
      "an amount of no unit",
      { kind: "llm", name: "a", amounts: { USD: 1n } },
      /amounts\.USD: "USD" is not a/,
    ],
    ["too large an amount", { kind: "llm", name: "a", amounts: { usd: 2n ** 63n } }, /more than 2\^63 - 1/],
  ])("is refused with %s", (_, input, message) => {
    expect(() => read(input)).toThrow(InvalidAction);
    expect(() => read(input)).toThrow(message);
  });
});
