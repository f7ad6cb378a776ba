import {
  gateBudget,
  memoryLedger,
  memoryLog,
  type Receipt,
  type ReceiptLog,
  type Reservation,
  type SealedReceipt,
} from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { replayBalances } from "@tollgate/core/verify";
import { describe, expect, it } from "vitest";
import { brokenLedger, turn } from "./broken-ledger.ts";
import { costing, dollars, gateFixture } from "./gate-fixture.ts";

/** A log that keeps what it gets, and can be told to say so later. */
class LateLog implements ReceiptLog {
  readonly #sound = memoryLog();
  readonly #waiting: (() => void)[] = [];
  isLate = false;

  append(entry: SealedReceipt): void | Promise<void> {
    this.#sound.append(entry);
    if (this.isLate) return new Promise((resolve) => this.#waiting.push(resolve));
  }

  answer(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  read: ReceiptLog["read"] = (query) => this.#sound.read(query);
  head: ReceiptLog["head"] = (chain) => this.#sound.head(chain);
}

/** How the receipts of all chains say that each decision ended, by its id. */
async function endings(log: ReceiptLog): Promise<ReadonlyMap<string, readonly string[]>> {
  const ended = new Map<string, string[]>();
  const receipts: Receipt[] = [];
  for await (const receipt of log.read()) receipts.push(receipt);
  for (const { body } of receipts) {
    if (body.type === "decision") ended.set(body.id, []);
    if (body.type === "settlement") ended.get(body.decision)?.push(body.outcome);
  }
  // Refuses what ends twice.
  await replayBalances(receipts);
  return ended;
}

describe("a decision that was refused for want of a receipt, which the log kept after all", () => {
  it("has been released, and the receipts say so", async () => {
    const log = new LateLog();
    const { gate, clock, money } = gateFixture({ budgets: [dollars("$5")], log });
    await gateBudget(gate, costing("$1"));
    log.isLate = true;
    const deciding = gate.decide(costing("$1"));
    await turn();
    clock.advance(5000);
    expect(await deciding).toMatchObject({ code: "receipt_log_failed" });
    log.isLate = false;
    log.answer();
    await turn();
    expect([...(await endings(log)).values()]).toEqual([[], ["released"]]);
    expect(await money("money")).toEqual({ spent: 0n, held: 1_000_000_000n });
  });

  it("has expired, and has no other ending, where it could not be given back before", async () => {
    const log = new LateLog();
    const clock = manualClock();
    const shared = memoryLedger({ clock });
    let isDown = true;
    const parts = {
      release(reservation: Reservation) {
        if (isDown) throw new Error("the ledger is down");
        return shared.release(reservation);
      },
    };
    const ledger = brokenLedger(clock, () => parts, shared);
    const options = { budgets: [dollars("$5")], log, clock, reservationTtlMs: 1000 };
    const { gate } = gateFixture({ ...options, ledger });
    const other = gateFixture({ ...options, ledger: shared });
    await (await gateBudget(gate, costing("$1"))).settle();
    log.isLate = true;
    const deciding = gate.decide(costing("$1"));
    await turn();
    clock.advance(5000);
    expect(await deciding).toMatchObject({ code: "receipt_log_failed" });
    log.isLate = false;
    // Ends what has expired, and writes the receipt of that.
    await (await gateBudget(other.gate, costing("$1"))).settle();
    isDown = false;
    log.answer();
    await turn();
    await (await gateBudget(gate, costing("$1"))).settle();
    expect([...(await endings(log)).values()].sort()).toEqual([
      ["expired"],
      ["settled"],
      ["settled"],
      ["settled"],
    ]);
    expect(await other.money("money")).toEqual({ spent: 3_000_000_000n, held: 0n });
  });

  it("goes out all the same in shadow mode, and ends as it ends", async () => {
    const log = new LateLog();
    const { gate, clock } = gateFixture({ budgets: [dollars("$5")], log, mode: "shadow" });
    await (await gateBudget(gate, costing("$1"))).settle();
    log.isLate = true;
    const deciding = gate.decide(costing("$1"));
    await turn();
    clock.advance(5000);
    const { permit } = await deciding;
    log.isLate = false;
    log.answer();
    await turn();
    await permit?.settle();
    expect([...(await endings(log)).values()]).toEqual([["settled"], ["settled"]]);
  });
});
