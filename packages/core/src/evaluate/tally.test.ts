import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Verdict } from "./evaluator.ts";
import { outcomes } from "./judgement.ts";
import { Tally } from "./tally.ts";

function judgementOf(...verdicts: Verdict[]) {
  const tally = new Tally();
  for (const [index, verdict] of verdicts.entries()) {
    tally.ask(`e${index}`);
    tally.add(`e${index}`, verdict);
  }
  return tally.judgement();
}

const degradeTo = (model: string): Verdict => ({ decision: "degrade", reason: model, patch: { model } });

describe("verdicts together", () => {
  it("have the reason of the first that made the outcome", () => {
    const { reason } = judgementOf(
      { decision: "allow", reason: "fine" },
      { decision: "skip", reason: "cached" },
      { decision: "skip", reason: "also cached" },
    );
    expect(reason).toBe("cached");
  });

  it("have the rules of all that made the outcome, and of no other", () => {
    const { rules } = judgementOf(
      { decision: "skip", reason: "s", rule: "lost" },
      { decision: "require_approval", reason: "a", rule: "large" },
      { decision: "require_approval", reason: "b" },
      degradeTo("small"),
    );
    expect(rules).toEqual(["e1/large", "e2"]);
  });

  it("have rules of an allow only where it names one", () => {
    expect(judgementOf({ decision: "allow" }, { decision: "allow", rule: "vip" }).rules).toEqual(["e1/vip"]);
  });

  it("have the reason that an allow gives, or one that says nobody objected", () => {
    expect(judgementOf({ decision: "allow" }, { decision: "allow", reason: "vip" }).reason).toBe("vip");
    expect(judgementOf({ decision: "allow" }).reason).toBe("no evaluator objected");
  });

  it("keep all patches in order, also under a stronger outcome", () => {
    const { outcome, patches } = judgementOf(
      degradeTo("a"),
      { decision: "require_approval", reason: "x" },
      degradeTo("b"),
    );
    expect(outcome).toBe("require_approval");
    expect(patches).toEqual([{ model: "a" }, { model: "b" }]);
  });

  it("have the result of the first skip", () => {
    const judgement = judgementOf(
      { decision: "skip", reason: "x", result: { a: 1 } },
      { decision: "skip", reason: "y", result: 2 },
    );
    expect(judgement.result).toEqual({ a: 1 });
  });

  it("have no result, approver or time unless the outcome is theirs", () => {
    const judgement = judgementOf(
      { decision: "skip", reason: "x", result: 1 },
      { decision: "require_approval", reason: "y", approver: "cfo", ttlMs: 5 },
      { decision: "deny", reason: "z" },
    );
    expect(judgement).not.toHaveProperty("result");
    expect(judgement).not.toHaveProperty("approver");
    expect(judgement).not.toHaveProperty("approvalTtlMs");
  });

  it("ask the first approver that is named, for the shortest time", () => {
    const judgement = judgementOf(
      { decision: "require_approval", reason: "x" },
      { decision: "require_approval", reason: "y", approver: "cfo", ttlMs: 500 },
      { decision: "require_approval", reason: "z", approver: "ceo", ttlMs: 900 },
    );
    expect(judgement).toMatchObject({ approver: "cfo", approvalTtlMs: 500, reason: "x" });
  });

  it("come to the most restrictive outcome in any order", () => {
    const verdicts: Record<(typeof outcomes)[number], Verdict> = {
      allow: { decision: "allow" },
      degrade: degradeTo("m"),
      skip: { decision: "skip", reason: "s" },
      require_approval: { decision: "require_approval", reason: "a" },
      deny: { decision: "deny", reason: "d" },
    };
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...outcomes), { minLength: 1 }), (given) => {
        const expected = outcomes.findLast((outcome) => given.includes(outcome));
        expect(judgementOf(...given.map((outcome) => verdicts[outcome])).outcome).toBe(expected);
      }),
    );
  });
});
