import { readWhole } from "../action/config-values.ts";
import { StorageFailed } from "../errors.ts";
import { headAfter, whyNotNext } from "./chain-head.ts";
import type { Receipt } from "./receipt.ts";
import { receiptFilter } from "./receipt-filter.ts";
import type { ChainHead, ReceiptLog } from "./receipt-log.ts";

/** How a memory log is bounded. */
export interface MemoryLogOptions {
  /** How many receipts are kept, the newest; older ones are dropped. @default 10_000 */
  readonly maxReceipts?: number;
}

/** A receipt log that ends with the process. */
export interface MemoryLog extends ReceiptLog {
  /** How many receipts were dropped to stay within the bound; what is left then verifies only in part. */
  readonly dropped: number;
}

/**
 * Keeps the newest receipts in memory: for tests, and for a start without any set-up.
 *
 * Appending and asking for a head are synchronous. `read` shows the receipts that were there when it began.
 *
 * @throws InvalidConfig when `maxReceipts` is not a whole number of 1 or more.
 */
export function memoryLog(options: MemoryLogOptions = {}): MemoryLog {
  const { maxReceipts = 10_000 } = options;
  readWhole(maxReceipts, "maxReceipts", 1);
  /** A ring once it is full: the oldest entry stands at `appended % maxReceipts`. */
  const entries: string[] = [];
  const heads = new Map<string, ChainHead>();
  let appended = 0;
  return {
    get dropped() {
      return appended - entries.length;
    },
    append(entry) {
      const { chain } = entry.receipt.body;
      const problem = whyNotNext(entry.receipt, heads.get(chain) ?? null);
      if (problem !== null) throw new StorageFailed(problem);
      entries[appended % maxReceipts] = entry.json;
      appended += 1;
      heads.set(chain, headAfter(entry.receipt, entry.digest));
    },
    async *read(query) {
      const matches = receiptFilter(query);
      const oldest = appended > maxReceipts ? appended % maxReceipts : 0;
      for (const json of [...entries.slice(oldest), ...entries.slice(0, oldest)]) {
        const receipt = JSON.parse(json) as Receipt;
        if (matches(receipt)) yield receipt;
      }
    },
    head: (chain) => heads.get(chain) ?? null,
    heads: () => [...heads.values()],
  };
}
