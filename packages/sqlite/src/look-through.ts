import type { StatementSync } from "node:sqlite";
import type { OpenFile } from "./open-file.ts";
import type { WatchRows } from "./watch-rows.ts";

/** How many receipts are looked at in one go. */
const stepRows = 2048;

/**
 * Looks through the receipts, each once and by one of all processes, for decisions that have held something and
 * whose end is still missing when it should be there; these are watched from then on.
 *
 * Nothing else could tell: an ending that is booked has no reason to look for its receipt, unless every one of them
 * paid for being found.
 */
export class LookThrough {
  readonly #file: OpenFile;
  readonly #watch: WatchRows;
  readonly #recordWithinMs: number;
  readonly #next: StatementSync;
  readonly #done: StatementSync;
  readonly #move: StatementSync;

  constructor(file: OpenFile, watch: WatchRows, recordWithinMs: number) {
    this.#file = file;
    this.#watch = watch;
    this.#recordWithinMs = recordWithinMs;
    this.#done = file.database.prepare("SELECT position FROM looked_through");
    // What was denied names no reservation; it is read only where there is no settlement.
    this.#next = file.database.prepare(
      `SELECT position, time, hold, run IS NOT NULL AND hold IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM receipts AS ends WHERE ends.hold = receipts.hold AND ends.run IS NULL)
         AND json ->> '$.body.reservation' IS NOT NULL AS isOpen
       FROM receipts WHERE position > ? ORDER BY position LIMIT ?`,
    );
    this.#move = file.database.prepare("UPDATE looked_through SET position = ? WHERE position = ?");
  }

  /** Looks at the next receipts that are old enough by `now`. @throws StorageFailed */
  async step(now: number): Promise<void> {
    const { from, rows } = await this.#file.read(() => {
      const position = this.#done.get()?.position as number;
      return {
        from: position,
        rows: this.#next.all(position, this.#isAnyAfter(position, now) ? stepRows : 0),
      };
    });
    const young = rows.findIndex((row) => (row.time as number) > now - this.#recordWithinMs);
    const old = young < 0 ? rows : rows.slice(0, young);
    const last = old.at(-1)?.position;
    if (last === undefined) return;
    const holds = old.flatMap((row) => (row.isOpen === 1 ? [row.hold as string] : []));
    await this.#file.write(() => {
      // Another process may have looked at them meanwhile.
      if (this.#move.run(last, from).changes === 0) return;
      for (const hold of holds) this.#watch.add(hold, null, now);
    });
  }

  /** Whether the next receipt is old enough, which saves looking at all others. */
  #isAnyAfter(position: number, now: number): boolean {
    const [next] = this.#next.all(position, 1);
    return next !== undefined && (next.time as number) <= now - this.#recordWithinMs;
  }
}
