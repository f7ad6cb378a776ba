import { gateBudget, IdempotencyConflict, memoryLedger } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { FailingLog } from "./failing-log.ts";
import { costing, dollars, type GateFixture, gateFixture, nano } from "./gate-fixture.ts";

/** Two gates, as two processes would have them, over one ledger. */
function twoGates(log = new FailingLog()): { a: GateFixture; b: GateFixture; log: FailingLog } {
  const clock = manualClock();
  const options = {
    budgets: [dollars("$5")],
    ledger: memoryLedger({ clock }),
    clock,
    reservationTtlMs: 1000,
  };
  return { a: gateFixture(options), b: gateFixture({ ...options, log }), log };
}

describe("two gates over one ledger", () => {
  it("never let two calls go out for the money of one", async () => {
    const { a, b } = twoGates();
    const permit = await gateBudget(a.gate.run({ id: "r" }), costing("$1", { key: "task" }));
    const second = b.gate.decide(costing("$1", { key: "task" }), { run: b.gate.run({ id: "r" }) });
    expect(await second).toMatchObject({ code: "idempotency_conflict", conflict: "under_way", permit: null });
    await permit.settle();
    expect(await a.money("money")).toEqual({ spent: nano("1"), held: 0n });
  });

  it("never give back what the other holds, also when their own log fails", async () => {
    const { a, b, log } = twoGates();
    await gateBudget(b.gate, costing("$1"));
    const permit = await gateBudget(a.gate.run({ id: "r" }), costing("$1", { key: "task" }));
    log.failure = "rejects";
    const run = b.gate.run({ id: "r" });
    expect((await b.gate.decide(costing("$1", { key: "task" }), { run })).outcome).toBe("deny");
    expect(await a.money("money")).toEqual({ spent: 0n, held: nano("2") });
    await permit.settle();
    expect(await a.money("money")).toEqual({ spent: nano("1"), held: nano("1") });
  });

  it("do not answer a key as open that the other has let expire", async () => {
    const { a, b } = twoGates();
    const run = a.gate.run({ id: "r" });
    await gateBudget(run, costing("$1", { key: "task" }));
    a.clock.advance(1000);
    expect(await b.money("money")).toEqual({ spent: 0n, held: 0n });
    await expect(gateBudget(run, costing("$1", { key: "task" }))).rejects.toBeInstanceOf(IdempotencyConflict);
  });

  it("do not mix up a run's keys with those of another run", async () => {
    const { a } = twoGates();
    const first = await gateBudget(a.gate.run({ id: "A" }), costing("$1", { key: "/key/x" }));
    const second = await gateBudget(a.gate.run({ id: "A/key" }), costing("$1", { key: "x" }));
    const third = await gateBudget(a.gate.run({ id: "A/" }), costing("$1", { key: "key/x" }));
    expect(new Set([first, second, third]).size).toBe(3);
    expect((await a.money("money")).held).toBe(nano("3"));
  });
});
