import { gateBudget, type ReceiptLog } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { brokenLedger, pass, turn } from "./broken-ledger.ts";
import { FailingLog } from "./failing-log.ts";
import { costing, dollars, gateFixture, nano } from "./gate-fixture.ts";

const budgets = [dollars("$5")];

describe("closing a gate", () => {
  it("waits for endings under way, and receipts them", async () => {
    const clock = manualClock();
    const ledger = brokenLedger(clock, (sound) => ({
      settle: async (...args) => {
        await turn();
        return sound.settle(...args);
      },
    }));
    const { gate, money, check, receipts } = gateFixture({ budgets, clock, ledger });
    const permit = await gateBudget(gate, costing("$1"));
    await Promise.all([permit.settle(), gate.close()]);
    expect((await receipts()).at(-1)?.body).toMatchObject({ type: "settlement", outcome: "settled" });
    expect(await money("money")).toEqual({ spent: nano("1"), held: 0n });
    await check();
  });

  it("waits for decisions under way, which were asked for before", async () => {
    let allow = (): void => undefined;
    const slow = evaluator(
      "slow",
      () =>
        new Promise((resolve) => {
          allow = () => resolve({ decision: "allow" });
        }),
    );
    const { gate, receipts } = gateFixture({ budgets, evaluators: [slow] });
    const deciding = gate.decide(costing("$1"));
    await turn();
    const closing = gate.close();
    expect(await gate.decide(costing("$1"))).toMatchObject({ code: "gate_closed" });
    allow();
    expect((await deciding).receipt).not.toBeNull();
    await closing;
    expect((await receipts()).map(({ body }) => body.type)).toEqual(["decision"]);
  });

  it("does not hang on a ledger that does, and closes the stores all the same", async () => {
    const clock = manualClock();
    const ledger = brokenLedger(clock, () => ({ settle: () => new Promise<never>(() => undefined) }));
    const closed: string[] = [];
    const log = new FailingLog();
    const fixture = gateFixture({
      budgets,
      clock,
      ledger: { ...ledger, close: () => void closed.push("ledger") },
      log: Object.assign(log, { close: () => void closed.push("log") }) as ReceiptLog,
    });
    const permit = await gateBudget(fixture.gate, costing("$1"));
    const settling = permit.settle().catch(String);
    const closing = fixture.gate.close().catch(String);
    await pass(clock, 30_000);
    expect(await settling).toMatch(/did not answer/);
    expect(await closing).toMatch(/did not answer/);
    expect(closed).toEqual(["ledger", "log"]);
    expect(clock.timers).toBe(0);
  });

  it("tells what went wrong, and closes the stores all the same", async () => {
    const log = new FailingLog();
    const closed: string[] = [];
    const failures: string[] = [];
    const { gate } = gateFixture({
      budgets,
      log: Object.assign(log, { close: () => void closed.push("log") }) as ReceiptLog,
      onFailure: ({ during }) => failures.push(during),
    });
    await gateBudget(gate, costing("$1"));
    log.failure = "rejects";
    await expect(gate.close()).rejects.toThrow(/ENOSPC/);
    expect(failures).toContain("close");
    expect(closed).toEqual(["log"]);
  });

  it("leaves no heartbeat behind", async () => {
    const { gate, clock } = gateFixture({ budgets });
    const permit = await gateBudget(gate, costing("$1"));
    permit.hold();
    await gate.close();
    await pass(clock, 600_000);
    expect(clock.timers).toBe(0);
  });
});
