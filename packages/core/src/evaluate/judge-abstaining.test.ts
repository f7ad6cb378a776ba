import { describe, expect, it } from "vitest";
import type { Action } from "../action/action.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { evaluator } from "./custom.ts";
import type { Evaluator, Verdict } from "./evaluator.ts";
import type { JudgeContext } from "./evaluator-context.ts";
import { expandComposites } from "./expand-composites.ts";
import { type JudgeOptions, judge } from "./judge.ts";
import type { Judgement } from "./judgement.ts";

const action: Action = { kind: "tool", name: "send", params: {}, amounts: {}, subject: {} };
const context: JudgeContext = {
  decision: "d",
  run: { id: "r", root: "r", steps: 1, calls: 0, repeats: 1, spent: 0n, startedAt: 0 },
  now: 0,
  balances: () => [],
};

function setup(timeoutMs = 50, onFailure?: "deny" | "abstain") {
  const clock = manualClock();
  const options: JudgeOptions = { timeoutMs, clock, ...(onFailure === undefined ? {} : { onFailure }) };
  return {
    clock,
    ask: (...evaluators: Evaluator[]) => judge(expandComposites(evaluators), action, context, options),
  };
}

const says = (name: string, verdict: unknown): Evaluator => evaluator(name, () => verdict as Verdict);
const saysLater = (name: string, verdict: unknown): Evaluator =>
  evaluator(name, async () => verdict as Verdict);
const never = (): Promise<Verdict> => new Promise(() => {});

const allow: Verdict = { decision: "allow" };
const degrade: Verdict = { decision: "degrade", reason: "cheaper", patch: { model: "small" } };
const skip: Verdict = { decision: "skip", reason: "cached", result: 7 };
const approval: Verdict = { decision: "require_approval", reason: "large", approver: "cfo", ttlMs: 500 };
const deny: Verdict = { decision: "deny", reason: "no", rule: "r1" };

describe("an evaluator that abstains where it cannot decide", () => {
  const boom = new Error("the secret prompt");
  const bad = evaluator("bad", () => {
    throw boom;
  });
  const reason = 'evaluator "bad" threw';

  it.each<[string, Evaluator, string]>([
    ["throws", bad, reason],
    ["rejects", evaluator("bad", () => Promise.reject(boom)), reason],
    [
      "answers nonsense",
      says("bad", { decision: "alow" }),
      'evaluator "bad" answered nonsense: "alow" is not a decision',
    ],
    [
      "answers nonsense later",
      saysLater("bad", 7),
      'evaluator "bad" answered nonsense: the verdict is not an object',
    ],
  ])("leaves the others their say when it %s, and is told of", async (_, failing, how) => {
    const { ask } = setup(50, "abstain");
    expect(await ask(says("a", allow), failing, says("c", deny))).toMatchObject({
      outcome: "deny",
      reason: "no",
      rules: ["c/r1"],
      evaluators: ["a", "bad", "c"],
      failure: { evaluator: "bad", reason: how },
    });
  });

  it("leaves the others their say when it hangs, and is told that its time is up", async () => {
    const { clock, ask } = setup(50, "abstain");
    let signal: AbortSignal | undefined;
    const slow = evaluator("slow", (_, context) => {
      signal = context.signal;
      return never();
    });
    const judgement = Promise.resolve(ask(slow, says("b", skip)));
    clock.advance(50);
    expect(await judgement).toMatchObject({ outcome: "skip", failure: { evaluator: "slow" } });
    expect(signal?.aborted).toBe(true);
  });

  it.each<[Verdict]>([[degrade], [skip], [approval]])("takes nothing back of what was said: %j", (said) => {
    const { failure, evaluators, ...judgement } = setup(50, "abstain").ask(says("a", said), bad) as Judgement;
    const { evaluators: _, ...without } = setup().ask(says("a", said)) as Judgement;
    expect(judgement).toEqual(without);
    expect(evaluators).toEqual(["a", "bad"]);
    expect(failure).toEqual({ evaluator: "bad", reason, cause: boom });
  });

  it("is named before another that fails after it", () => {
    expect(setup(50, "abstain").ask(bad, says("worse", null), says("c", allow))).toMatchObject({
      outcome: "allow",
      evaluators: ["bad", "worse", "c"],
      failure: { evaluator: "bad", cause: boom },
    });
  });

  it("is asked at once where the others are", () => {
    expect(setup(50, "abstain").ask(bad, says("b", allow))).not.toBeInstanceOf(Promise);
  });
});
