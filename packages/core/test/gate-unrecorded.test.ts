import { gateBudget, type Reservation, type UnrecordedEnding } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { brokenLedger } from "./broken-ledger.ts";
import { FailingLog } from "./failing-log.ts";
import { costing, dollars, gateFixture, nano } from "./gate-fixture.ts";

/** A gate whose ledger tells of endings that are missing in the receipts, each once. */
function setup() {
  const clock = manualClock();
  const log = new FailingLog();
  const granted: Reservation[] = [];
  const missing: (Reservation & { readonly unrecorded: UnrecordedEnding })[] = [];
  const ledger = brokenLedger(clock, (sound) => ({
    async reserve(request) {
      const result = await sound.reserve(request);
      if (result.status === "reserved") granted.push(result.reservation);
      return result;
    },
    async *expire(now) {
      yield* sound.expire(now);
      for (let next = missing.shift(); next !== undefined; next = missing.shift()) yield next;
    },
  }));
  const fixture = gateFixture({ budgets: [dollars("$5")], ledger, log, clock });
  /** Decides, and books the ending as a process does that dies before it writes the receipt. */
  const dieAfter = async (end: (held: Reservation) => unknown, unrecorded: UnrecordedEnding) => {
    await gateBudget(fixture.gate, costing("$1"));
    const reservation = granted.at(-1)!;
    await end(reservation);
    missing.push({ ...reservation, unrecorded });
  };
  return { ...fixture, log, ledger, dieAfter };
}

describe("an ending that its process did not live to record", () => {
  it("is recorded with the next sweep, so that the receipts come to the ledger's balances", async () => {
    const { ledger, dieAfter, clock, gate, check, receipts } = setup();
    const amounts = [{ unit: "usd", amount: String(nano("1.50")) }];
    const claim = { budget: "money", partition: "", window: "total", unit: "usd" };
    const overage = [{ ...claim, amount: String(nano("0.50")) }];
    const unrecorded = { outcome: "settled", amounts, source: "reported", overage } as const;
    await dieAfter((held) => ledger.settle(held, { usd: nano("1.50") }, "reported"), unrecorded);
    await dieAfter((held) => ledger.release(held, "not sent"), {
      outcome: "released",
      amounts: [],
      reason: "not sent",
    });
    await expect(check()).rejects.toThrow();
    clock.advance(1000);
    await gateBudget(gate, costing("$1"));
    await check();
    const endings = (await receipts()).flatMap(({ body }) => (body.type === "settlement" ? [body] : []));
    expect(endings).toMatchObject([unrecorded, { outcome: "released", reason: "not sent", amounts: [] }]);
  });

  it("is not taken for missing while this gate still owes receipts itself", async () => {
    const { log, ledger, dieAfter, clock, gate, receipts } = setup();
    await dieAfter((held) => ledger.release(held, "not sent"), { outcome: "released", amounts: [] });
    const permit = await gateBudget(gate, costing("$1"));
    log.failure = "rejects";
    await permit.settle();
    clock.advance(1000);
    await gate.balances();
    log.failure = "none";
    await gateBudget(gate, costing("$1"));
    const endings = (await receipts()).flatMap(({ body }) => (body.type === "settlement" ? [body] : []));
    expect(endings).toMatchObject([{ outcome: "settled" }]);
  });
});
