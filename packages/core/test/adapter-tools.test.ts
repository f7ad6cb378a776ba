import type { ActionInput, Evaluator } from "@tollgate/core";
import {
  answerApproval,
  beginTool,
  decideFor,
  enforcedInput,
  runTool,
  streamTool,
  toolAnswer,
} from "@tollgate/core/adapter";
import { describe, expect, it } from "vitest";
import { gateFixture } from "./gate-fixture.ts";

const budgets = [{ id: "money", limit: "$10" }] as const;
const action: ActionInput = { kind: "tool", name: "paid_search", params: { query: "a", depth: 3 } };
const price = 250_000_000n;
const rule = (verdict: Awaited<ReturnType<Evaluator["evaluate"]>>): readonly Evaluator[] => [
  { name: "rule", evaluate: () => verdict },
];

describe("a tool that runs for a permit", () => {
  it("has its money held while it runs, and belongs to the permit's run", async () => {
    const { gate, money, check } = gateFixture({ budgets });
    const run = gate.run();
    const permit = beginTool(await decideFor(run, action));
    const result = await runTool(permit, async () => {
      expect(gate.currentRun()?.id).toBe(run.id);
      return money("money");
    });
    expect(result).toEqual({ spent: 0n, held: price });
    expect(await money("money")).toEqual({ spent: price, held: 0n });
    await check();
  });

  it.each([
    [
      "throws at once",
      () => {
        throw new Error("broken");
      },
    ],
    ["rejects", () => Promise.reject(new Error("broken"))],
  ])("costs the same when it %s", async (_, execute) => {
    const { gate, money } = gateFixture({ budgets });
    await expect(runTool(beginTool(await gate.decide(action)), execute)).rejects.toThrow("broken");
    expect(await money("money")).toEqual({ spent: price, held: 0n });
  });

  it("costs nothing when it has only paused", async () => {
    const { gate, money } = gateFixture({ budgets });
    const pause = new Error("pause");
    const permit = beginTool(await gate.decide(action));
    const running = runTool(
      permit,
      () => Promise.reject(pause),
      (error) => error === pause,
    );
    await expect(running).rejects.toBe(pause);
    expect(await money("money")).toEqual({ spent: 0n, held: 0n });
  });

  it("is not begun twice for one permit", async () => {
    const { gate } = gateFixture({ budgets });
    const decision = await gate.decide({ ...action, key: "k" });
    beginTool(decision);
    expect(() => beginTool(decision)).toThrow("already under way");
  });

  it.each([
    ["denied", { decision: "deny", reason: "no" }],
    ["skipped", { decision: "skip", reason: "known" }],
  ] as const)("does not begin when it is %s", async (_, verdict) => {
    const { gate } = gateFixture({ budgets, evaluators: rule(verdict) });
    const decision = await gate.decide(action);
    expect(() => beginTool(decision)).toThrow(verdict.reason);
  });
});

describe("a tool that yields", () => {
  const parts = async function* (seen: string[]) {
    try {
      seen.push("first");
      yield 1;
      seen.push("second");
      yield 2;
      return "done";
    } finally {
      seen.push("left");
    }
  };

  it("is a generator still, each step in the permit's run, and is paid for at its end", async () => {
    const { gate, money } = gateFixture({ budgets });
    const run = gate.run();
    const permit = beginTool(await decideFor(run, action));
    const runs: (string | undefined)[] = [];
    const made = await runTool(permit, async function* () {
      runs.push(gate.currentRun()?.id);
      yield 1;
      runs.push(gate.currentRun()?.id);
    });
    expect(await money("money")).toEqual({ spent: 0n, held: price });
    for await (const _part of made);
    expect(runs).toEqual([run.id, run.id]);
    expect(await money("money")).toEqual({ spent: price, held: 0n });
  });

  it("answers what it returns", async () => {
    const { gate } = gateFixture({ budgets });
    const stream = streamTool(beginTool(await gate.decide(action)), parts([]));
    await stream.next();
    await stream.next();
    expect(await stream.next()).toEqual({ done: true, value: "done" });
  });

  it("is left, and paid for, when its reader leaves", async () => {
    const { gate, money } = gateFixture({ budgets });
    const seen: string[] = [];
    for await (const _part of streamTool(beginTool(await gate.decide(action)), parts(seen))) break;
    expect(seen).toEqual(["first", "left"]);
    expect(await money("money")).toEqual({ spent: price, held: 0n });
  });
});

describe("what a tool is run with", () => {
  it("is its own input, the very same, when nothing was rewritten", async () => {
    const { gate } = gateFixture({ budgets });
    expect(enforcedInput(beginTool(await gate.decide(action)), action)).toBe(action.params);
  });

  it("has what a degrade changed, and keeps the rest", async () => {
    const patch = { params: { query: "a", depth: 1 } };
    const { gate } = gateFixture({
      budgets,
      evaluators: rule({ decision: "degrade", reason: "less", patch }),
    });
    const permit = beginTool(await gate.decide(action, { accepts: ["params"] }));
    expect(enforcedInput(permit, action)).toEqual({ query: "a", depth: 1 });
  });
});

describe("what stands for a tool's result", () => {
  it("is a skip's own result", async () => {
    const { gate } = gateFixture({
      evaluators: rule({ decision: "skip", reason: "known", result: [1, 2] }),
    });
    expect(toolAnswer(await gate.decide(action))).toEqual([1, 2]);
  });

  it("is one payload that says who refused and why otherwise", async () => {
    const { gate } = gateFixture({ evaluators: rule({ decision: "deny", reason: "no" }) });
    expect(toolAnswer(await gate.decide(action))).toMatchObject({ tollgate: "denied", reason: "no" });
  });
});

describe("a framework's answer to an approval", () => {
  const evaluators = rule({ decision: "require_approval", reason: "ask" });

  it("lets the call through once when it is yes, and never when it is no", async () => {
    const { gate } = gateFixture({ evaluators });
    const run = gate.run();
    const yes = await decideFor(run, action);
    await answerApproval(
      gate,
      { id: yes.approval?.id ?? "" },
      { approved: true, by: "bob", reason: undefined },
    );
    expect((await decideFor(run, action)).outcome).toBe("allow");
    const no = await decideFor(run, action);
    expect(no.outcome).toBe("require_approval");
    await answerApproval(gate, { id: no.approval?.id ?? "" }, { approved: false, by: "bob", reason: "no" });
    expect((await decideFor(run, action)).code).toBe("approval_denied");
  });

  it("leaves one alone that was answered meanwhile, and says so of one that nobody asked for", async () => {
    const { gate } = gateFixture({ evaluators });
    const id = (await gate.decide(action)).approval?.id ?? "";
    await gate.approvals.deny(id, { by: "alice" });
    await answerApproval(gate, { id }, { approved: true, by: "bob" });
    expect((await gate.approvals.get(id))?.status).toBe("denied");
  });

  it("is refused while the approval is pending and the answer makes no sense", async () => {
    const { gate } = gateFixture({ evaluators });
    const id = (await gate.decide(action)).approval?.id ?? "";
    await expect(answerApproval(gate, { id }, { approved: true, by: "" })).rejects.toThrow();
  });
});
