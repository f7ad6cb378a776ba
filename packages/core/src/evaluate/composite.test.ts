import { describe, expect, it, vi } from "vitest";
import type { Action } from "../action/action.ts";
import { applyPatch } from "../action/apply-patch.ts";
import { InvalidConfig } from "../errors.ts";
import { composite } from "./composite.ts";
import { evaluator } from "./custom.ts";
import type { EvaluationContext, Verdict } from "./evaluator.ts";
import { expandComposites } from "./expand-composites.ts";

const action: Action = { kind: "llm", name: "large", params: {}, amounts: {}, subject: {} };
const context = { now: 0 } as EvaluationContext;
const says = (name: string, verdict: Verdict) => evaluator(name, () => verdict);
const allow: Verdict = { decision: "allow" };

describe("a composite in a gate", () => {
  it("stands for its parts, composites in it included, under its name", () => {
    const inner = composite("inner", [says("x", allow), says("y", allow)]);
    const outer = composite("outer", [says("a", allow), inner]);
    const expanded = expandComposites([says("first", allow), outer]);
    expect(expanded.map(({ name }) => name)).toEqual(["first", "outer/a", "outer/inner/x", "outer/inner/y"]);
  });

  it("keeps the time limit of each part", () => {
    const parts = composite("c", [evaluator("a", () => allow, { timeoutMs: 7 }), says("b", allow)]);
    expect(expandComposites([parts]).map(({ timeoutMs }) => timeoutMs)).toEqual([7, undefined]);
  });

  it("is expanded into a list that does not follow the one it was made of", () => {
    const list = [says("a", allow)];
    const expanded = expandComposites(list);
    list.pop();
    expect(expanded.map(({ name }) => name)).toEqual(["a"]);
  });

  it("calls its parts as they want to be called", async () => {
    class Counting {
      readonly name = "counting";
      #asked = 0;
      evaluate(): Verdict {
        this.#asked++;
        return { decision: "allow", reason: `asked ${this.#asked}` };
      }
    }
    const parts = composite("c", [new Counting()]);
    expect(expandComposites([parts])[0]?.evaluate(action, context)).toMatchObject({ reason: "asked 1" });
    expect(await parts.evaluate(action, context)).toMatchObject({ reason: "asked 2" });
  });
});

describe("a composite asked by itself", () => {
  it("merges what its parts say into one verdict", async () => {
    const parts = composite("c", [
      says("a", {
        decision: "degrade",
        reason: "dear",
        rule: "r",
        patch: { model: "m", maxOutputTokens: 100 },
      }),
      says("b", { decision: "degrade", reason: "long", patch: { maxOutputTokens: 50, params: { n: 1 } } }),
    ]);
    expect(await parts.evaluate(action, context)).toEqual({
      decision: "degrade",
      reason: "dear",
      rule: "a/r, b",
      patch: { model: "m", maxOutputTokens: 50, params: { n: 1 } },
    });
  });

  it("merges patches into the one that does what they do one after the other", async () => {
    const patches = [
      { model: "m1", provider: "p1", params: { a: 1, b: 1 } },
      { model: "m2", params: { b: 2, c: 2 }, maxOutputTokens: 9 },
    ];
    const parts = composite(
      "c",
      patches.map((patch, index) => says(`e${index}`, { decision: "degrade", reason: "x", patch })),
    );
    const merged = await parts.evaluate(action, context);
    const target: Action = { ...action, params: { z: 0 }, maxOutputTokens: 5 };
    expect(merged.decision === "degrade" && applyPatch(target, merged.patch)).toEqual(
      patches.reduce(applyPatch, target),
    );
  });

  it("ends at a deny", async () => {
    const after = vi.fn(() => allow);
    const parts = composite("c", [
      says("a", { decision: "deny", reason: "no", terminal: true }),
      evaluator("b", after),
    ]);
    expect(await parts.evaluate(action, context)).toEqual({
      decision: "deny",
      reason: "no",
      rule: "a",
      terminal: true,
    });
    expect(after).not.toHaveBeenCalled();
  });

  it.each<[Verdict, object]>([
    [allow, { decision: "allow" }],
    [
      { decision: "skip", reason: "s", result: 1 },
      { decision: "skip", result: 1 },
    ],
    [
      { decision: "require_approval", reason: "a", approver: "cfo", ttlMs: 5 },
      { decision: "require_approval", approver: "cfo", ttlMs: 5 },
    ],
  ])("passes %j on", async (verdict, expected) => {
    expect(await composite("c", [says("a", verdict)]).evaluate(action, context)).toMatchObject(expected);
  });

  it("fails as its part fails", async () => {
    const boom = new Error("boom");
    const throwing = evaluator("bad", () => {
      throw boom;
    });
    await expect(composite("c", [throwing]).evaluate(action, context)).rejects.toBe(boom);
    const nonsense = says("bad", { decision: "maybe" } as unknown as Verdict);
    await expect(composite("c", [nonsense]).evaluate(action, context)).rejects.toThrow(
      /"bad" answered nonsense/,
    );
  });

  it("throws rather than lose a patch that an approval would have to carry", async () => {
    const parts = composite("c", [
      says("a", { decision: "degrade", reason: "x", patch: { model: "m" } }),
      says("b", { decision: "require_approval", reason: "y" }),
    ]);
    await expect(parts.evaluate(action, context)).rejects.toThrow(/cannot both degrade and ask/);
  });
});

describe("making a composite", () => {
  it.each([
    ["a bad name", () => composite("a/b", [])],
    ["two parts of one name", () => composite("c", [says("a", allow), says("a", allow)])],
    ["a part that is none", () => composite("c", [{ name: "a" } as never])],
  ])("refuses %s", (_, make) => {
    expect(make).toThrow(InvalidConfig);
  });
});
