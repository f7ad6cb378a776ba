import {
  createGate,
  createSigner,
  type Gate,
  memoryLog,
  type Permit,
  type Receipt,
  type ReceiptLog,
  type Signer,
} from "@tollgate/core";
import { createOperator, type Operator } from "@tollgate/core/operate";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import { replayBalances, type VerifyReport, verifyChain } from "@tollgate/core/verify";
import { expect } from "vitest";
import type { SealedReceipt } from "../src/receipt/receipt-log.ts";
import { allOf } from "./export-receipts.ts";
import { prices } from "./gate-fixture.ts";
import { MemoryAdminLedger } from "./memory-admin-ledger.ts";

/** A log that can fail before or after it has kept what it was given. */
export class UnsureLog implements ReceiptLog {
  readonly #sound = memoryLog({ maxReceipts: 100_000 });
  failure: "none" | "loses" | "keeps" | "reads" = "none";
  /** The chains that were read, in order; null for all at once. */
  readonly reads: (string | null)[] = [];

  append(entry: SealedReceipt): void {
    if (this.failure === "loses") throw new Error("ENOSPC");
    this.#sound.append(entry);
    if (this.failure === "keeps") throw new Error("the connection was lost");
  }

  read: ReceiptLog["read"] = (query) => {
    if (this.failure === "reads") throw new Error("nothing can be read");
    this.reads.push(query?.chain ?? null);
    return this.#sound.read(query);
  };
  head: ReceiptLog["head"] = (chain) => this.#sound.head(chain);
  heads: () => ReturnType<NonNullable<ReceiptLog["heads"]>> = () => this.#sound.heads?.() ?? [];
}

/** One ledger and one log, with a gate and as many operators as a test makes. */
export class Shop {
  readonly clock: ManualClock = manualClock();
  readonly ledger: MemoryAdminLedger = new MemoryAdminLedger(this.clock);
  readonly log: UnsureLog = new UnsureLog();
  readonly signer: Signer = createSigner();
  readonly gate: Gate = createGate({
    budgets: [{ id: "b", limit: "$5.00", per: "total" }],
    prices,
    ledger: this.ledger,
    log: this.log,
    signer: this.signer,
    clock: this.clock,
  });

  operator(log: ReceiptLog = this.log): Operator {
    return createOperator({ ledger: this.ledger, log, signer: this.signer, clock: this.clock });
  }

  /** Spends a quarter of a dollar, so that there is a balance. */
  async spend(): Promise<void> {
    const permit = await this.hold();
    await permit.settle();
  }

  /** A call that is under way. */
  async hold(): Promise<Permit> {
    const decision = await this.gate.decide({ kind: "tool", name: "paid_search" });
    if (decision.permit === null) throw new Error(decision.reason);
    return decision.permit;
  }

  async receipts(type?: Receipt["body"]["type"]): Promise<readonly Receipt[]> {
    const { failure } = this.log;
    this.log.failure = "none";
    const all = await allOf(this.log.read());
    this.log.failure = failure;
    return all.filter(({ body }) => type === undefined || body.type === type);
  }

  /** Checks that the log verifies, and replays to what the ledger says. */
  async check(): Promise<VerifyReport> {
    const receipts = await this.receipts();
    const report = await verifyChain(receipts, { keys: [this.signer.publicKey] });
    expect(report.break).toBe(null);
    expect(report.verdict).toBe("authentic");
    const balances = this.ledger.balances({});
    expect(await replayBalances(receipts)).toEqual(
      balances.map(({ budget, partition, window, unit, spent, held }) => ({
        budget,
        partition,
        window,
        unit,
        spent,
        held,
      })),
    );
    return report;
  }
}

/** A dollar that somebody puts in. */
export const dollarIn = {
  kind: "top_up",
  budget: "b",
  partition: "",
  window: "total",
  unit: "usd",
  amount: -1_000_000_000n,
  by: "treasurer",
  reason: "approved for March",
} as const;
