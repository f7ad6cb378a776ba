import { describe, expect, it, vi } from "vitest";
import type { Action } from "../action/action.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { composite } from "./composite.ts";
import { evaluator } from "./custom.ts";
import type { EvaluationContext, Evaluator, Verdict } from "./evaluator.ts";
import type { JudgeContext } from "./evaluator-context.ts";
import { expandComposites } from "./expand-composites.ts";
import { type JudgeOptions, judge } from "./judge.ts";

const action: Action = { kind: "tool", name: "send", params: {}, amounts: {}, subject: {} };
const context: JudgeContext = {
  decision: "d",
  run: { id: "r", root: "r", steps: 1, calls: 0, repeats: 1, spent: 0n, startedAt: 0 },
  now: 0,
  balances: () => [],
};

function setup(timeoutMs = 50) {
  const clock = manualClock();
  const options: JudgeOptions = { timeoutMs, clock };
  const ask = (...parts: Evaluator[]) => judge(expandComposites(parts), action, context, options);
  return { clock, ask };
}

const says = (name: string, verdict: unknown): Evaluator => evaluator(name, () => verdict as Verdict);
const saysLater = (name: string, verdict: unknown) => evaluator(name, async () => verdict as Verdict);
const never = (): Promise<Verdict> => new Promise(() => {});

const allow: Verdict = { decision: "allow" };
const degrade: Verdict = { decision: "degrade", reason: "cheaper", patch: { model: "small" } };
const skip: Verdict = { decision: "skip", reason: "cached", result: 7 };
const approval: Verdict = { decision: "require_approval", reason: "large", approver: "cfo", ttlMs: 500 };
const deny: Verdict = { decision: "deny", reason: "no", rule: "r1" };

describe("judging", () => {
  it("allows when nobody is asked", () => {
    expect(setup().ask()).toEqual({
      outcome: "allow",
      terminal: false,
      reason: "no evaluator objected",
      rules: [],
      evaluators: [],
      patches: [],
    });
  });

  it("asks in order and names those asked", () => {
    expect(setup().ask(says("a", allow), says("b", allow))).toMatchObject({
      outcome: "allow",
      evaluators: ["a", "b"],
    });
  });

  it("ends at the first deny: nobody after it is asked", () => {
    const after = vi.fn(() => allow);
    expect(setup().ask(says("a", allow), says("b", deny), evaluator("c", after))).toMatchObject({
      outcome: "deny",
      reason: "no",
      rules: ["b/r1"],
      evaluators: ["a", "b"],
      terminal: false,
    });
    expect(after).not.toHaveBeenCalled();
  });

  it.each([
    [[allow, degrade], "degrade"],
    [[degrade, skip, allow], "skip"],
    [[approval, skip, degrade], "require_approval"],
    [[approval, deny], "deny"],
  ] as const)("lets the most restrictive win", (verdicts, outcome) => {
    const judgement = setup().ask(...verdicts.map((verdict, index) => says(`e${index}`, verdict)));
    expect(judgement).toMatchObject({ outcome });
  });

  it("stops the run for a deny that says so", () => {
    expect(setup().ask(says("a", { ...deny, terminal: true }))).toMatchObject({ terminal: true });
  });

  it("goes on after answers that come later, in the same order", async () => {
    const judgement = await setup().ask(saysLater("a", allow), says("b", degrade), saysLater("c", deny));
    expect(judgement).toMatchObject({ outcome: "deny", evaluators: ["a", "b", "c"] });
  });

  it("asks the parts of a composite one by one under its name", () => {
    const parts = composite("house", [says("x", degrade), says("y", approval)]);
    expect(setup().ask(says("a", allow), parts)).toMatchObject({
      outcome: "require_approval",
      evaluators: ["a", "house/x", "house/y"],
      rules: ["house/y"],
      patches: [{ model: "small" }],
    });
  });

  it("gives the action and what is known of the run to every evaluator", () => {
    const evaluate = vi.fn((_action: Action, _context: EvaluationContext) => allow);
    const balances = vi.fn(() => []);
    judge(
      [evaluator("a", evaluate)],
      action,
      { ...context, balances },
      { timeoutMs: 1, clock: manualClock() },
    );
    const [asked, given] = evaluate.mock.calls[0]!;
    expect(asked).toBe(action);
    expect(given).toMatchObject({ run: context.run, now: 0 });
    given.balances({ budget: "daily" });
    expect(balances).toHaveBeenCalledWith({ budget: "daily" });
  });
});

describe("the cost of a judgement that is there at once", () => {
  it("is no promise and no timer", () => {
    const { clock, ask } = setup();
    const setTimer = vi.spyOn(clock, "setTimer");
    expect(ask(says("a", allow), says("b", degrade))).not.toBeInstanceOf(Promise);
    expect(setTimer).not.toHaveBeenCalled();
  });

  it("is a timer for the one that answers later, cleared when it has", async () => {
    const { clock, ask } = setup();
    const setTimer = vi.spyOn(clock, "setTimer");
    await ask(says("a", allow), saysLater("b", allow), says("c", allow));
    expect(setTimer).toHaveBeenCalledTimes(1);
    expect(clock.timers).toBe(0);
  });
});

describe("an evaluator that cannot decide", () => {
  const boom = new Error("the secret prompt");

  it.each<[string, Evaluator]>([
    [
      "throws",
      evaluator("bad", () => {
        throw boom;
      }),
    ],
    ["rejects", evaluator("bad", () => Promise.reject(boom))],
  ])("denies when it %s, without telling the error's message", async (_, bad) => {
    const judgement = await setup().ask(says("a", allow), bad, says("c", allow));
    expect(judgement).toMatchObject({
      outcome: "deny",
      terminal: false,
      reason: 'evaluator "bad" threw',
      rules: ["bad"],
      evaluators: ["a", "bad"],
      failure: { evaluator: "bad" },
    });
    expect(judgement.failure?.cause).toBe(boom);
  });

  it("denies when it throws nothing at all", () => {
    const bad = evaluator("bad", () => {
      throw undefined;
    });
    expect(setup().ask(bad)).toMatchObject({ outcome: "deny", failure: { evaluator: "bad" } });
  });

  it.each([
    ["at once", says],
    ["later", saysLater],
  ])("denies when it answers nonsense %s", async (_, answer) => {
    expect(await setup().ask(answer("bad", { decision: "alow" }))).toMatchObject({
      outcome: "deny",
      reason: 'evaluator "bad" answered nonsense: "alow" is not a decision',
      failure: { evaluator: "bad", cause: expect.any(TypeError) },
    });
  });

  it("denies when its verdict throws while it is read", () => {
    const trap = {
      get decision(): never {
        throw boom;
      },
    };
    expect(setup().ask(says("bad", trap))).toMatchObject({ outcome: "deny", failure: { cause: boom } });
  });

  it("denies when asking whether it answered later throws", () => {
    const trap = {
      get then(): never {
        throw boom;
      },
    };
    expect(setup().ask(says("bad", trap))).toMatchObject({ outcome: "deny", failure: { cause: boom } });
  });

  it("denies when it does not answer in time, and not before", async () => {
    const { clock, ask } = setup(50);
    const settled = vi.fn();
    const judgement = Promise.resolve(ask(says("a", allow), evaluator("slow", never)));
    judgement.then(settled);
    clock.advance(49);
    await new Promise(setImmediate);
    expect(settled).not.toHaveBeenCalled();
    clock.advance(1);
    expect(await judgement).toMatchObject({
      outcome: "deny",
      reason: 'evaluator "slow" did not answer within 50 ms',
      evaluators: ["a", "slow"],
      failure: { evaluator: "slow", cause: expect.objectContaining({ name: "TimeoutError" }) },
    });
  });

  it("denies by its own time limit where it has one, be it shorter or longer", async () => {
    const { clock, ask } = setup(50);
    const quick = Promise.resolve(ask(evaluator("quick", never, { timeoutMs: 5 })));
    clock.advance(5);
    expect((await quick).reason).toMatch("within 5 ms");
    const patient = Promise.resolve(ask(evaluator("patient", never, { timeoutMs: 500 })));
    clock.advance(499);
    expect(clock.timers).toBe(1);
    clock.advance(1);
    expect((await patient).reason).toMatch("within 500 ms");
  });

  it("gives each evaluator its own time", async () => {
    const { clock, ask } = setup(50);
    const slow = (name: string): Evaluator =>
      evaluator(
        name,
        () => new Promise((resolve) => clock.setTimer(() => resolve(allow), 40)) as Promise<Verdict>,
      );
    const judgement = Promise.resolve(ask(slow("a"), slow("b")));
    clock.advance(40);
    await new Promise(setImmediate);
    clock.advance(40);
    expect(await judgement).toMatchObject({ outcome: "allow", evaluators: ["a", "b"] });
  });

  it("is told by its signal that its time is up, and only it", async () => {
    const { clock, ask } = setup(50);
    const signals: AbortSignal[] = [];
    const listening = (name: string, answer: () => Verdict | Promise<Verdict>): Evaluator =>
      evaluator(name, (_, { signal }) => {
        signals.push(signal);
        return answer();
      });
    const judgement = Promise.resolve(
      ask(
        listening("a", () => allow),
        listening("slow", never),
      ),
    );
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false]);
    clock.advance(50);
    await judgement;
    expect(signals.map((signal) => signal.aborted)).toEqual([false, true]);
    expect(signals[1]?.reason).toMatchObject({ name: "TimeoutError" });
  });

  it("does not change its mind when it answers after its time", async () => {
    const { clock, ask } = setup(50);
    let answer: (verdict: Verdict) => void = () => {};
    const judgement = Promise.resolve(
      ask(evaluator("slow", () => new Promise<Verdict>((resolve) => (answer = resolve)))),
    );
    clock.advance(50);
    answer(allow);
    expect(await judgement).toMatchObject({ outcome: "deny" });
  });

  it("leaves no rejection unhandled when it rejects after its time", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const { clock, ask } = setup(50);
    let fail: (error: unknown) => void = () => {};
    const judgement = Promise.resolve(
      ask(evaluator("slow", () => new Promise<Verdict>((_, reject) => (fail = reject)))),
    );
    clock.advance(50);
    fail(boom);
    expect(await judgement).toMatchObject({ outcome: "deny" });
    await new Promise(setImmediate);
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it("is the part of a composite that failed, or hung", async () => {
    const { clock, ask } = setup(50);
    const bad = evaluator("bad", () => {
      throw boom;
    });
    expect(ask(composite("house", [says("x", allow), bad]))).toMatchObject({
      failure: { evaluator: "house/bad", cause: boom },
    });
    const hung = Promise.resolve(ask(composite("house", [evaluator("slow", never, { timeoutMs: 5 })])));
    clock.advance(5);
    expect(await hung).toMatchObject({
      reason: 'evaluator "house/slow" did not answer within 5 ms',
      failure: { evaluator: "house/slow" },
    });
  });

  it("never makes judging throw", () => {
    expect(() => setup().ask(says("bad", null), says("bad2", undefined))).not.toThrow();
  });
});
