import { describe, expect, it } from "vitest";
import { InvalidAction } from "../errors.ts";
import type { Action } from "./action.ts";
import { applyPatch } from "./apply-patch.ts";

const action: Action = Object.freeze({
  kind: "llm",
  name: "gpt-4o",
  provider: "openai.chat",
  params: { temperature: 1, tools: ["a"], messages: ["hi"] },
  maxOutputTokens: 1_000,
  inputTokens: 50,
  amounts: {},
  subject: { user: "alice" },
} satisfies Action);

describe("applying a patch", () => {
  it("replaces the model and leaves the rest", () => {
    expect(applyPatch(action, { model: "gpt-4o-mini" })).toEqual({ ...action, name: "gpt-4o-mini" });
  });

  it("replaces the provider", () => {
    expect(applyPatch(action, { model: "claude-haiku-4-5", provider: "anthropic" })).toEqual({
      ...action,
      name: "claude-haiku-4-5",
      provider: "anthropic",
    });
  });

  it("replaces members of the parameters one level deep", () => {
    const { params } = applyPatch(action, { params: { tools: [], temperature: 0 } });
    expect(params).toEqual({ temperature: 0, tools: [], messages: ["hi"] });
  });

  it("drops the caller's bound on the input when the parameters change, and only then", () => {
    expect(applyPatch(action, { params: { messages: ["a much longer one"] } })).not.toHaveProperty(
      "inputTokens",
    );
    expect(applyPatch(action, { model: "gpt-4o-mini" })).toHaveProperty("inputTokens", 50);
  });

  it("lowers the output limit but never raises it", () => {
    expect(applyPatch(action, { maxOutputTokens: 200 }).maxOutputTokens).toBe(200);
    expect(applyPatch(action, { maxOutputTokens: 5_000 }).maxOutputTokens).toBe(1_000);
    const { maxOutputTokens: _, ...unlimited } = action;
    expect(applyPatch(unlimited, { maxOutputTokens: 5_000 }).maxOutputTokens).toBe(5_000);
  });

  it("leaves the action itself as it was and freezes what it answers", () => {
    const before = structuredClone(action);
    const patched = applyPatch(action, { model: "x", params: { temperature: 0 }, maxOutputTokens: 1 });
    expect(action).toEqual(before);
    expect(Object.isFrozen(patched)).toBe(true);
  });

  it("changes nothing for members that are undefined", () => {
    const patch = { model: undefined, params: undefined } as object;
    expect(applyPatch(action, patch)).toEqual(action);
  });

  it("takes a copy of the patch's parameters, which nobody can change later", () => {
    const patch = { params: { tools: ["b"], style: { tone: "dry" } } };
    const { params } = applyPatch(action, patch);
    patch.params.tools.push("rm");
    patch.params.style.tone = "evil";
    expect(params).toEqual({ temperature: 1, tools: ["b"], messages: ["hi"], style: { tone: "dry" } });
    const { tools, style } = params as { tools: string[]; style: object };
    for (const part of [params, tools, style]) expect(Object.isFrozen(part)).toBe(true);
  });

  it("leaves the parameters as they were where a member of the patch is undefined", () => {
    const patch = { params: { temperature: undefined, tools: [undefined] } } as object;
    expect(applyPatch(action, patch).params).toStrictEqual({
      temperature: 1,
      tools: [null],
      messages: ["hi"],
    });
  });

  it("refuses a patch with text that has no JSON: its code units would be sent in its place", () => {
    expect(() => applyPatch(action, { params: { messages: ["cut \ud83d"] } })).toThrow(/not well formed/);
    const asked = { ...action, params: { messages: [{ utf16: "d83d" }], temperature: 1 } };
    expect(applyPatch(asked, { params: { temperature: 0 } }).params).toMatchObject({ temperature: 0 });
  });

  it("refuses a patch that could smuggle in a prototype", () => {
    const patch = { params: JSON.parse('{"__proto__":{"polluted":true}}') };
    expect(() => applyPatch(action, patch)).toThrow(InvalidAction);
  });

  it("refuses parameters that JSON makes something else of", () => {
    const patch = { params: new Date(0) } as object;
    expect(() => applyPatch(action, patch)).toThrow(/params of a patch are not an object/);
  });

  it.each([
    ["text", "prompt"],
    ["a list", ["prompt"]],
    ["null", null],
  ])("refuses to replace members of parameters that are %s", (_, params) => {
    expect(() => applyPatch({ ...action, params }, { params: { a: 1 } })).toThrow(InvalidAction);
  });

  it("refuses an output limit for a tool call", () => {
    expect(() => applyPatch({ ...action, kind: "tool" }, { maxOutputTokens: 10 })).toThrow(InvalidAction);
  });
});
