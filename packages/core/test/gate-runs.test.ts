import { createGate, gateBudget, InvalidAction } from "@tollgate/core";
import { capabilityTiers, denyTools, evaluator } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import { costing, dollars, gateFixture, llm, nano, tool } from "./gate-fixture.ts";

describe("runs", () => {
  it("denies every action of a stopped run, its children and its other handles", async () => {
    const { gate, receipts, decisions, check } = gateFixture();
    const run = gate.run({ id: "r-1" });
    const child = run.child({ agent: "helper" });
    const grandchild = child.child();
    const other = gate.run({ id: "r-1" });
    await gate.stop(run, "runaway loop");
    for (const stopped of [run, child, grandchild, other]) {
      await expect(gateBudget(stopped, llm())).rejects.toThrow(/the run is stopped: runaway loop/);
      expect(stopped.stopped).toBe("runaway loop");
    }
    expect((await receipts())[0]?.body).toMatchObject({ type: "stop", run: "r-1", reason: "runaway loop" });
    expect(await decisions()).toEqual(Array.from({ length: 4 }, () => "deny run_stopped"));
    await gateBudget(gate.run({ id: "r-2" }), llm());
    await check();
  });

  it("keeps the first reason, and writes one receipt", async () => {
    const { gate, receipts } = gateFixture();
    const run = gate.run();
    await run.stop("first");
    await run.stop("second");
    expect(run.stopped).toBe("first");
    expect(await receipts()).toHaveLength(1);
    await expect(gate.stop(run, "")).rejects.toThrow(/say why/);
    await expect(gate.stop("", "enough")).rejects.toThrow(/run's id/);
  });

  it("stays stopped for an open handle when the gate has long forgotten the run", async () => {
    const { gate, clock } = gateFixture();
    const run = gate.run();
    await run.stop("enough");
    expect(run.stopped).toBe("enough");
    clock.advance(8 * 24 * 60 * 60 * 1000);
    await gate.stop("another", "makes room");
    await expect(gateBudget(run, llm())).rejects.toThrow(/enough/);
  });

  it("stops the whole run when a child is stopped by a terminal deny", async () => {
    const { gate } = gateFixture({
      evaluators: [
        evaluator("brake", (action) =>
          action.name === "delete_everything"
            ? { decision: "deny", terminal: true, reason: "never" }
            : { decision: "allow" },
        ),
      ],
    });
    const run = gate.run();
    await expect(gateBudget(run.child().child(), tool("delete_everything"))).rejects.toMatchObject({
      terminal: true,
    });
    await expect(gateBudget(run, llm())).rejects.toThrow(/the run is stopped: never/);
  });

  it("stops by id without a handle, for what is below that run", async () => {
    const { gate } = gateFixture();
    await gate.stop("later", "revoked");
    await expect(gateBudget(gate.run({ id: "later" }), llm())).rejects.toThrow(/revoked/);
    await expect(gateBudget(gate.run({ id: "later" }).child(), llm())).rejects.toThrow(/revoked/);
  });

  it("does not let through what was being decided when the stop came", async () => {
    let release = (): void => undefined;
    const { gate, money, check } = gateFixture({
      budgets: [dollars("$1")],
      evaluators: [
        evaluator(
          "slow",
          () =>
            new Promise((resolve) => {
              release = () => resolve({ decision: "allow" });
            }),
        ),
      ],
    });
    const run = gate.run();
    const deciding = gate.decide(costing("$1"), { run });
    await new Promise((resolve) => setImmediate(resolve));
    await run.stop("pulled the plug");
    release();
    expect(await deciding).toMatchObject({ outcome: "deny", code: "run_stopped" });
    expect(await money("money")).toEqual({ spent: 0n, held: 0n });
    await check();
  });

  it("lets child runs spend their parent's budgets and not open their own", async () => {
    const { gate, money, check } = gateFixture({
      budgets: [dollars("$1.25", { id: "run", per: "run" }), dollars("$5", { id: "agent", by: ["agent"] })],
    });
    const run = gate.run({ agent: "lead" });
    const child = run.child({ agent: "helper", id: "child-of-lead" });
    await (await gateBudget(run, costing("$0.75"))).settle();
    await (await gateBudget(child, costing("$0.50"))).settle();
    await expect(gateBudget(child, costing("$0.01"))).rejects.toThrow(/budget "run" has \$0\.00 left/);
    const agents = await gate.balances({ budget: "agent" });
    expect(Object.fromEntries(agents.map(({ partition, spent }) => [partition, spent]))).toEqual({
      "agent=lead": nano("1.25"),
      "agent=helper": nano("0.50"),
    });
    expect((await money("run")).spent).toBe(nano("1.25"));
    await check();
  });

  it("finds the acting run by withRun over any await", async () => {
    const { gate, receipts } = gateFixture({ subject: { tenant: "acme" } });
    const alice = gate.run({ user: "alice" });
    await gate.withRun(alice, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      await gateBudget(gate, llm());
    });
    await gateBudget(gate, llm());
    const subjects = (await receipts()).flatMap(({ body }) =>
      body.type === "decision" ? [body.action.subject] : [],
    );
    expect(subjects).toEqual([{ tenant: "acme", user: "alice" }, { tenant: "acme" }]);
  });

  it("takes subject fields for one action alone", async () => {
    const { gate, receipts } = gateFixture({ budgets: [dollars("$1", { by: ["user"] })] });
    const run = gate.run({ tenant: "acme" });
    const decision = await gate.decide(costing("$1"), { run, subject: { user: "bob" } });
    expect(decision.claims).toMatchObject([{ partition: "user=bob" }]);
    expect((await receipts())[0]?.body).toMatchObject({
      action: { subject: { tenant: "acme", user: "bob" } },
    });
  });

  it("refuses a run of another gate, and a subject that makes no sense", async () => {
    const { gate } = gateFixture();
    const other = createGate().run();
    await expect(gate.decide(llm(), { run: other })).rejects.toBeInstanceOf(InvalidAction);
    expect(() => gate.run({ user: "" })).toThrow(/subject is not valid: user/);
    expect(() => gate.run({ usr: "alice" } as never)).toThrow(/unknown member usr/);
    expect(() => gate.run({ id: "two words" })).toThrow(InvalidAction);
    await expect(gate.decide(llm(), { subject: { user: "\ud800" } })).rejects.toThrow(/user/);
  });

  it.each<[string, object, RegExp]>([
    ["no name", { kind: "llm", name: "" }, /name/],
    ["an unknown kind", { kind: "wish", name: "x" }, /kind/],
    ["a function", { kind: "tool", name: "x", params: { f: () => 1 } }, /params\.f is a function/],
    ["NaN", { kind: "tool", name: "x", params: { n: Number.NaN } }, /params\.n is NaN/],
    ["a negative limit", { kind: "llm", name: "x", maxOutputTokens: -1 }, /maxOutputTokens/],
    ["unreadable money", { kind: "llm", name: "x", amounts: { usd: "-$5" } }, /amounts\.usd/],
    [
      "tokens for dollars",
      { kind: "llm", name: "x", amounts: { usd: "5 tokens" } },
      /is in tokens, not in usd/,
    ],
    ["a negative amount", { kind: "llm", name: "x", amounts: { usd: -5n } }, /negative/],
    ["an unknown member", { kind: "llm", name: "x", extra: 1 }, /unknown member extra/],
  ])("refuses an action with %s before anything is spent", async (_what, action, message) => {
    const { gate, receipts } = gateFixture({ budgets: [dollars("$1")] });
    await expect(gate.decide(action as never)).rejects.toThrow(message);
    expect(await receipts()).toEqual([]);
  });

  it("refuses parameters that contain themselves", async () => {
    const params: Record<string, unknown> = {};
    params.self = params;
    await expect(createGate().decide({ kind: "tool", name: "x", params })).rejects.toThrow(/contains itself/);
  });
});

describe("policy before budget", () => {
  it("does not touch the ledger for what policy denies", async () => {
    const { gate, decisions, receipts } = gateFixture({
      budgets: [dollars("$1")],
      evaluators: [denyTools(["shell_*"]), capabilityTiers({ tools: { pay_invoice: "payment_execute" } })],
    });
    const run = gate.run({ capability: "read_only" });
    await expect(gateBudget(run, tool("shell_exec"))).rejects.toThrow(/shell_exec/);
    await expect(gateBudget(run, tool("pay_invoice"))).rejects.toThrow(/payment_execute/);
    expect(await gate.balances()).toEqual([]);
    expect(await decisions()).toEqual(["deny policy_denied", "deny policy_denied"]);
    expect((await receipts())[0]?.body).toMatchObject({ claims: [], reservation: null });
  });
});
