import type { StatementSync } from "node:sqlite";
import type { Reservation } from "@tollgate/core";
import { readExpired } from "./expired-text.ts";
import type { LedgerBook } from "./ledger-book.ts";
import type { OpenFile } from "./open-file.ts";

/** How many reservations share one transaction. */
const batchRows = 32;

/**
 * When an expired reservation whose receipt is missing is told of again: long after a gate that lives has written
 * what it owes.
 */
const retellMs = 600_000;

/**
 * Ends what has expired, and tells of each reservation once.
 *
 * The process that was told may die before it has written the receipt. Where the decision's receipt is in this
 * file, so would be that of its end: if it is not there after some time, the next sweep is told again. Where
 * receipts are kept elsewhere nobody knows, and none is told twice.
 */
export class ExpirySweep {
  readonly #file: OpenFile;
  readonly #book: LedgerBook;
  readonly #unheard: StatementSync;
  readonly #retell: StatementSync;
  readonly #isReceipted: StatementSync;
  /** Ended, but not told of yet: the sweep that ended them was left half way. */
  readonly #untold: Reservation[] = [];

  constructor(file: OpenFile, book: LedgerBook) {
    this.#file = file;
    this.#book = book;
    this.#unheard = file.database.prepare(
      "SELECT key, id, data FROM ended WHERE retell <= ? ORDER BY retell LIMIT ?",
    );
    this.#retell = file.database.prepare("UPDATE ended SET retell = ? WHERE key = ?");
    this.#isReceipted = file.database.prepare("SELECT 1 FROM receipts WHERE hold = ? LIMIT 1");
  }

  /** Ends what is due by `due`; `now` is the ledger's own time. */
  async *run(due: number, now: number): AsyncGenerator<Reservation> {
    const batches = [
      () => this.#book.expire(due, batchRows, now, now + retellMs),
      () => this.#tellAgain(now),
    ];
    for (const next of batches) {
      for (let isMore = true; isMore; ) {
        const batch = await this.#file.write(next);
        this.#untold.push(...batch);
        isMore = batch.length > 0;
        // Taken one by one, so that what a caller leaves is told to the next.
        for (let told = this.#untold.shift(); told !== undefined; told = this.#untold.shift()) yield told;
      }
    }
  }

  /** Whether a sweep at these times would find anything. @throws StorageFailed */
  isDue(due: number, now: number, firstDue: number | null): Promise<boolean> {
    if (this.#untold.length > 0 || (firstDue !== null && firstDue <= due)) return Promise.resolve(true);
    return this.#file.read(() => this.#unheard.get(now, 1) !== undefined);
  }

  #tellAgain(now: number): readonly Reservation[] {
    const found: Reservation[] = [];
    for (let isMore = true; isMore && found.length === 0; ) {
      const rows = this.#unheard.all(now, batchRows) as UnheardRow[];
      isMore = rows.length === batchRows;
      for (const { key, id, data } of rows) {
        const isOurs = data !== null && this.#isReceipted.get(id) !== undefined;
        this.#retell.run(isOurs ? now + retellMs : null, key);
        if (isOurs) found.push(readExpired(key, id, data).reservation);
      }
    }
    return found;
  }
}

type UnheardRow = { readonly key: string; readonly id: string; readonly data: string | null };
