import { ApprovalRequired, gateBudget } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import { FailingLog } from "./failing-log.ts";
import { costing, dollars, type GateFixture, gateFixture, tool } from "./gate-fixture.ts";

const careful = evaluator("careful", (action) =>
  action.name === "pay"
    ? { decision: "require_approval", reason: "payments need a person", approver: "treasurer", ttlMs: 60_000 }
    : { decision: "allow" },
);

async function requested(fixture: GateFixture, run = fixture.gate.run(), args = { to: "bob" }) {
  const error = await gateBudget(run, tool("pay", args)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApprovalRequired);
  return { run, id: (error as ApprovalRequired).approvalId };
}

describe("approvals", () => {
  it("lets exactly one call through for a grant, and asks again for the next", async () => {
    const fixture = gateFixture({ evaluators: [careful] });
    const { run, id } = await requested(fixture);
    expect(await fixture.gate.approvals.list()).toMatchObject([
      { id, status: "pending", approver: "treasurer", action: { kind: "tool", name: "pay" } },
    ]);
    expect((await requested(fixture, run)).id).toBe(id);
    await fixture.gate.approvals.grant(id, { by: "carol", reason: "checked" });
    const results = await Promise.allSettled([
      gateBudget(run, tool("pay", { to: "bob" })),
      gateBudget(run, tool("pay", { to: "bob" })),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(await fixture.gate.approvals.get(id)).toMatchObject({ status: "used", answer: { by: "carol" } });
    const steps = (await fixture.receipts()).flatMap(({ body }) =>
      body.type === "approval" && body.approval === id ? [body.status] : [],
    );
    expect(steps).toEqual(["requested", "granted", "used"]);
    await fixture.check();
  });

  it("is bound to the action's arguments and to the run", async () => {
    const fixture = gateFixture({ evaluators: [careful] });
    const { run, id } = await requested(fixture);
    await fixture.gate.approvals.grant(id, { by: "carol" });
    await requested(fixture, run, { to: "mallory" });
    await requested(fixture, fixture.gate.run());
    await gateBudget(run, tool("pay", { to: "bob" }));
  });

  it("lets a run reopened by its id use the grant", async () => {
    const fixture = gateFixture({ evaluators: [careful] });
    const { id } = await requested(fixture, fixture.gate.run({ id: "thread" }));
    await fixture.gate.approvals.grant(id, { by: "carol" });
    await gateBudget(fixture.gate.run({ id: "thread" }), tool("pay", { to: "bob" }));
  });

  it("denies for good what was denied", async () => {
    const fixture = gateFixture({ evaluators: [careful] });
    const { run, id } = await requested(fixture);
    await fixture.gate.approvals.deny(id, { by: "carol", reason: "who is bob?" });
    await expect(gateBudget(run, tool("pay", { to: "bob" }))).rejects.toThrow(
      /carol denied approval .*: who is bob\?/,
    );
    await expect(fixture.gate.approvals.grant(id, { by: "dave" })).rejects.toThrow(/is denied, not pending/);
  });

  it("expires, granted or not, and has to be asked for again", async () => {
    const fixture = gateFixture({ evaluators: [careful] });
    const { run, id } = await requested(fixture);
    await fixture.gate.approvals.grant(id, { by: "carol" });
    fixture.clock.advance(60_000);
    const again = await requested(fixture, run);
    expect(again.id).not.toBe(id);
    expect(await fixture.gate.approvals.get(id)).toMatchObject({ status: "expired" });
    fixture.clock.advance(60_000);
    await expect(fixture.gate.approvals.grant(again.id, { by: "carol" })).rejects.toThrow(/is expired/);
    await fixture.check();
  });

  it("is not used up by a call that the budget refuses", async () => {
    const fixture = gateFixture({
      evaluators: [evaluator("ask", () => ({ decision: "require_approval", reason: "always" }))],
      budgets: [dollars("$1", { per: "hour" })],
    });
    const run = fixture.gate.run();
    const first = await fixture.gate.decide(costing("$1"), { run });
    await fixture.gate.approvals.grant(first.approval?.id ?? "", { by: "carol" });
    await (await gateBudget(run, costing("$1"))).settle();
    const second = await fixture.gate.decide(costing("$1"), { run });
    await fixture.gate.approvals.grant(second.approval?.id ?? "", { by: "carol" });
    expect(await fixture.gate.decide(costing("$1"), { run })).toMatchObject({ code: "budget_exceeded" });
    expect(await fixture.gate.approvals.get(second.approval?.id ?? "")).toMatchObject({ status: "granted" });
    await fixture.check();
  });

  it("refuses an answer from nobody", async () => {
    const fixture = gateFixture({ evaluators: [careful] });
    const { id } = await requested(fixture);
    await expect(fixture.gate.approvals.grant(id, { by: "" })).rejects.toThrow(/say who answers/);
    // A reason that no receipt can hold must not grant anything.
    for (const reason of [5, {}, ["x"]] as unknown as readonly string[]) {
      await expect(fixture.gate.approvals.grant(id, { by: "alice", reason })).rejects.toThrow(/say who/);
    }
    expect(await fixture.gate.approvals.get(id)).toMatchObject({ status: "pending" });
    await expect(fixture.gate.approvals.grant("nope", { by: "carol" })).rejects.toThrow(/no approval nope/);
  });

  it("is bound to the action as it will be done, not as it was asked for", async () => {
    let target = "small";
    const degrading = evaluator("degrade", (action) =>
      action.name === target
        ? { decision: "require_approval", reason: "every model needs a person" }
        : { decision: "degrade", patch: { model: target }, reason: "cheaper" },
    );
    const { gate, check } = gateFixture({ evaluators: [degrading] });
    const run = gate.run();
    const options = { run, accepts: ["model"] as const };
    const asked = await gate.decide(costing("$1"), options);
    expect(asked.approval).toMatchObject({ action: { kind: "llm", name: "small" } });
    await gate.approvals.grant(asked.approval?.id ?? "", { by: "carol" });
    target = "huge";
    expect(await gate.decide(costing("$1"), options)).toMatchObject({
      outcome: "require_approval",
      approval: { action: { name: "huge" } },
    });
    target = "small";
    const granted = await gate.decide(costing("$1"), options);
    expect(granted).toMatchObject({ outcome: "degrade", action: { name: "small" } });
    await check();
  });

  it("cannot be granted when the request could not be recorded", async () => {
    const log = new FailingLog();
    const { gate } = gateFixture({ evaluators: [careful], log });
    await gateBudget(gate, tool("clock"));
    log.failure = "throws";
    expect(await gate.decide(tool("pay"))).toMatchObject({ outcome: "deny", approval: null });
    expect(await gate.approvals.list({ status: "all" })).toEqual([]);
  });

  it("overrules a skip of another soft limit, and is not used up by it", async () => {
    const { gate } = gateFixture({
      budgets: [
        dollars("$1", { id: "ask", then: "require_approval" }),
        dollars("$1", { id: "skip", then: "skip" }),
      ],
    });
    const run = gate.run();
    const asked = await gate.decide(costing("$2"), { run });
    expect(asked.outcome).toBe("require_approval");
    await gate.approvals.grant(asked.approval?.id ?? "", { by: "carol" });
    expect(await gate.decide(costing("$2"), { run })).toMatchObject({ outcome: "allow" });
  });
});
