import { StorageFailed } from "../errors.ts";
import { headAfter, whyNotNext } from "../receipt/chain-head.ts";
import type { ChainHead, SealedReceipt } from "../receipt/receipt-log.ts";

/**
 * Where the chains of a log end: durably, and with the receipts that are still being written.
 *
 * What comes next is judged by the latter, what is told to others is the former.
 */
export class LogHeads {
  readonly #durable: Map<string, ChainHead>;
  /** Heads beyond the durable ones; chains without anything under way are not in it. */
  readonly #accepted = new Map<string, ChainHead>();

  constructor(durable: Map<string, ChainHead>) {
    this.#durable = durable;
  }

  durable(chain: string): ChainHead | null {
    return this.#durable.get(chain) ?? null;
  }

  /** Where each chain ends durably. */
  all(): readonly ChainHead[] {
    return [...this.#durable.values()];
  }

  /** Takes an entry that is about to be written. @throws StorageFailed when it does not follow */
  accept(entry: SealedReceipt): void {
    const { chain } = entry.receipt.body;
    const problem = whyNotNext(entry.receipt, this.#accepted.get(chain) ?? this.durable(chain));
    if (problem !== null) throw new StorageFailed(problem);
    this.#accepted.set(chain, headAfter(entry.receipt, entry.digest));
  }

  /** Notes that an accepted entry is durable. */
  settle(entry: SealedReceipt): void {
    const head = headAfter(entry.receipt, entry.digest);
    this.#durable.set(head.chain, head);
    if (this.#accepted.get(head.chain)?.digest === head.digest) this.#accepted.delete(head.chain);
  }

  /** Forgets every entry that is not durable. */
  reject(): void {
    this.#accepted.clear();
  }
}
