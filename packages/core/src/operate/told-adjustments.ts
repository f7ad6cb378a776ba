import type { KeptAdjustment, LedgerAdmin } from "../ledger/ledger-admin.ts";
import type { AdjustmentBody, Receipt } from "../receipt/receipt.ts";
import type { ReceiptLog } from "../receipt/receipt-log.ts";
import { operatorPrefix } from "./operator-chain.ts";

/** How many adjustments are looked at, the newest: those before them were, when they were new. */
const lookedAt = 50;
/** How far apart the clocks of ledger and operators may be. */
const dayMs = 24 * 60 * 60 * 1000;

type AdjustmentReceipt = Receipt<AdjustmentBody>;

/** Knows which adjustments have receipts. */
export class ToldAdjustments {
  readonly #ledger: Pick<LedgerAdmin, "adjustments">;
  readonly #log: ReceiptLog;
  #told = new Map<string, AdjustmentReceipt>();

  constructor(ledger: Pick<LedgerAdmin, "adjustments">, log: ReceiptLog) {
    this.#ledger = ledger;
    this.#log = log;
  }

  /** A receipt of an adjustment, as far as one is known. */
  receiptOf(id: string): AdjustmentReceipt | null {
    return this.#told.get(id) ?? null;
  }

  /** Takes a receipt that was written or found. */
  add(receipt: AdjustmentReceipt): void {
    this.#told.set(receipt.body.adjustment, receipt);
  }

  /** The adjustments that the ledger keeps and no receipt tells of, the oldest first. */
  async missing(): Promise<readonly KeptAdjustment[]> {
    const kept = await this.#ledger.adjustments({ limit: lookedAt });
    const newest = kept.slice(0, lookedAt).filter(({ id }) => !this.#told.has(id));
    if (newest.length === 0) return [];
    const untold = new Set(newest.map(({ id }) => id));
    const since = Math.min(...newest.map(({ adjustedAt }) => adjustedAt)) - dayMs;
    for await (const receipt of this.#receipts(since)) {
      if (!untold.delete(receipt.body.adjustment)) continue;
      this.add(receipt);
      if (untold.size === 0) break;
    }
    return newest.filter(({ id }) => untold.has(id)).reverse();
  }

  /** The operators' receipts of adjustments since a time; those of the chains that ended last come first. */
  async *#receipts(since: number): AsyncGenerator<AdjustmentReceipt> {
    const heads = await this.#log.heads?.();
    const chains = heads
      ?.filter(({ chain, time }) => chain.startsWith(operatorPrefix) && Date.parse(time) >= since)
      .sort((a, b) => (a.time < b.time ? 1 : -1));
    // Short chains each: nothing of what the gates wrote is read.
    for (const query of chains?.map(({ chain }) => ({ chain })) ?? [{ from: since }]) {
      for await (const receipt of this.#log.read(query)) {
        if (receipt.body.type === "adjustment") yield receipt as AdjustmentReceipt;
      }
    }
  }
}
