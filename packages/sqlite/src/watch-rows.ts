import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isLease } from "@tollgate/core/driver";

/** A reservation whose ending may be without its receipt. */
export type WatchRow = {
  readonly id: string;
  /** Null where only the receipts were seen, which do not name it. */
  readonly key: string | null;
};

/** The rows of reservations to be looked at again. */
export class WatchRows {
  readonly #add: StatementSync;
  readonly #drop: StatementSync;
  readonly #due: StatementSync;

  constructor(database: DatabaseSync) {
    this.#add = database.prepare(
      `INSERT INTO watched (id, key, due) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET key = coalesce(excluded.key, key), due = excluded.due`,
    );
    this.#drop = database.prepare("DELETE FROM watched WHERE id = ?");
    this.#due = database.prepare("SELECT id, key FROM watched WHERE due <= ? ORDER BY due LIMIT ?");
  }

  /** Has a reservation looked at when it is due, and not before; leases have no receipts that could be missing. */
  add(id: string, key: string | null, dueAt: number): void {
    if (key !== null && isLease({ key })) return;
    this.#add.run(id, key, dueAt);
  }

  drop(id: string): void {
    this.#drop.run(id);
  }

  /** Up to `count` of those that are due by `now`. */
  due(now: number, count: number): readonly WatchRow[] {
    return this.#due.all(now, count) as WatchRow[];
  }
}
