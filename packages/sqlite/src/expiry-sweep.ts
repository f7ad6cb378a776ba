import type { Expired } from "@tollgate/core";
import { isLease } from "@tollgate/core/driver";
import type { LedgerBook } from "./ledger-book.ts";
import type { LookThrough } from "./look-through.ts";
import type { MissingRecords } from "./missing-records.ts";
import type { OpenFile } from "./open-file.ts";
import type { ReservationRows } from "./reservation-rows.ts";

/** How many reservations share one transaction. */
const batchRows = 32;

/** What a sweep is made of. */
export interface SweepParts {
  readonly file: OpenFile;
  readonly rows: ReservationRows;
  readonly book: LedgerBook;
  readonly lookThrough: LookThrough;
  readonly missing: MissingRecords;
}

/** Ends what has expired, and tells of each reservation once; then of endings without a receipt. */
export class ExpirySweep {
  readonly #parts: SweepParts;
  /** Ended, but not told of yet: the sweep that ended them was left half way. */
  readonly #untold: Expired[] = [];

  constructor(parts: SweepParts) {
    this.#parts = parts;
  }

  /** Ends what is due by `due`; `now` is the ledger's own time. */
  async *run(due: number, now: number): AsyncGenerator<Expired> {
    const { missing, lookThrough } = this.#parts;
    yield* this.#tell(() => this.#expire(due, now));
    await lookThrough.step(now);
    yield* this.#tell(() => missing.next(now));
  }

  /** Tells of batch after batch, one by one, so that what a caller leaves is told to the next. */
  async *#tell(nextBatch: () => Promise<readonly Expired[]>): AsyncGenerator<Expired> {
    for (let isMore = true; isMore; ) {
      for (let told = this.#untold.shift(); told !== undefined; told = this.#untold.shift()) {
        // No decision was made for a lease, and no receipt is to say how it ended.
        if (!isLease(told)) yield told;
      }
      const batch = await nextBatch();
      this.#untold.push(...batch);
      isMore = batch.length > 0;
    }
  }

  async #expire(due: number, now: number): Promise<readonly Expired[]> {
    const { file, rows, book } = this.#parts;
    // Most sweeps find nothing, and then need not wait for writers.
    const next = await file.read(() => rows.firstDue());
    if (next === null || next > due) return [];
    return file.write(() => book.expire(due, batchRows, now));
  }
}
