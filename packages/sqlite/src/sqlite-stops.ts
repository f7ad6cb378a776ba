import type { StatementSync } from "node:sqlite";
import {
  readWhole,
  type SharedStops,
  type SharedStopsOptions,
  type Stop,
  type StopChange,
  type StopChanges,
  type StopStore,
  sharedStops,
} from "@tollgate/core/driver";
import type { SqliteFileOptions } from "./file-options.ts";
import type { OpenFile } from "./open-file.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import { useFile } from "./use-file.ts";

/** How long a run's stop is kept, as gates remember it: seven days. */
const keptMs = 7 * 24 * 60 * 60 * 1000;

/** How a file with stops is used. */
export interface SqliteStopsOptions extends SqliteFileOptions, SharedStopsOptions {}

/**
 * Keeps stops in an SQLite file: what one gate stops, every gate on the file denies, in any process of the machine.
 *
 * A gate on `sqliteLedger(file)` has them without being given any; these are for gates with another ledger, or
 * another `withinMs`. `file` is a path, or what `sqliteFile` answers. A run's stop is kept for seven days, an agent's
 * until it is lifted.
 *
 * @throws InvalidConfig for options that make no sense; StorageFailed when the file cannot be used (see
 * `sqliteFile`).
 */
export function sqliteStops(file: string | SqliteFile, options: SqliteStopsOptions = {}): SharedStops {
  const { withinMs = 1000, pause, ...rest } = options;
  readWhole(withinMs, "withinMs", 0);
  return stopsIn(useFile(file, rest, []), pause === undefined ? { withinMs } : { withinMs, pause });
}

/** The stops of a file that is open. */
export function stopsIn(file: OpenFile, options?: SharedStopsOptions): SharedStops {
  return sharedStops(new StopsInSqlite(file), options);
}

class StopsInSqlite implements StopStore {
  readonly #file: OpenFile;
  readonly #find: StatementSync;
  readonly #drop: StatementSync;
  readonly #add: StatementSync;
  readonly #forget: StatementSync;
  readonly #since: StatementSync;
  readonly #release: () => Promise<void>;

  constructor(file: OpenFile) {
    this.#release = file.hold();
    this.#file = file;
    const { database } = file;
    this.#find = database.prepare("SELECT reason FROM stops WHERE name = ?");
    this.#drop = database.prepare("DELETE FROM stops WHERE name = ?");
    this.#add = database.prepare("INSERT INTO stops (name, reason, at) VALUES (?, ?, ?)");
    // Only agents' names have spaces.
    this.#forget = database.prepare("DELETE FROM stops WHERE at <= ? AND name NOT LIKE '% %'");
    this.#since = database.prepare(
      "SELECT position, name, reason, at FROM stops WHERE position > ? ORDER BY position",
    );
  }

  add({ name, reason, at }: Stop): Promise<boolean> {
    return this.#file.write(() => {
      // A gate's clock that is ahead must not have the stops of others forgotten.
      this.#forget.run(Math.min(at, Date.now()) - keptMs);
      // Names and reasons may be no text that SQLite takes.
      const key = JSON.stringify(name);
      if (this.#isStopped(key)) return false;
      this.#put(key, JSON.stringify(reason), at);
      return true;
    });
  }

  lift(name: string, now: number): Promise<boolean> {
    return this.#file.write(() => {
      const key = JSON.stringify(name);
      if (!this.#isStopped(key)) return false;
      this.#put(key, null, now);
      return true;
    });
  }

  async since(cursor: string | null): Promise<StopChanges> {
    const rows = await this.#file.read(() => this.#since.all(Number(cursor ?? 0)));
    return {
      stops: rows.map(changeOf),
      cursor: String(rows.at(-1)?.position ?? cursor ?? 0),
    };
  }

  close(): Promise<void> {
    return this.#release();
  }

  #isStopped(key: string): boolean {
    return typeof this.#find.get(key)?.reason === "string";
  }

  /** In the place of what was there, as the latest change. */
  #put(key: string, reason: string | null, at: number): void {
    this.#drop.run(key);
    this.#add.run(key, reason, at);
  }
}

function changeOf(row: Record<string, unknown>): StopChange {
  return {
    name: JSON.parse(row.name as string),
    reason: JSON.parse((row.reason ?? "null") as string),
    at: row.at as number,
  };
}
