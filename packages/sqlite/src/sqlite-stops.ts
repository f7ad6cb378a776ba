import type { StatementSync } from "node:sqlite";
import type { Stops } from "@tollgate/core";
import {
  readWhole,
  type SharedStopsOptions,
  type Stop,
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
 * `file` is a path, or what `sqliteFile` answers. A run's stop is kept for seven days, an agent's for good.
 *
 * @throws InvalidConfig for options that make no sense; StorageFailed when the file cannot be used (see
 * `sqliteFile`).
 */
export function sqliteStops(file: string | SqliteFile, options: SqliteStopsOptions = {}): Stops {
  const { withinMs = 1000, ...rest } = options;
  readWhole(withinMs, "withinMs", 0);
  return sharedStops(new StopsInSqlite(useFile(file, rest, [])), { withinMs });
}

class StopsInSqlite implements StopStore {
  readonly #file: OpenFile;
  readonly #add: StatementSync;
  readonly #forget: StatementSync;
  readonly #since: StatementSync;
  readonly #release: () => Promise<void>;

  constructor(file: OpenFile) {
    this.#release = file.hold();
    this.#file = file;
    const { database } = file;
    this.#add = database.prepare(
      "INSERT INTO stops (name, reason, at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
    );
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
      return this.#add.run(JSON.stringify(name), JSON.stringify(reason), at).changes === 1;
    });
  }

  async since(cursor: string | null): Promise<{ readonly stops: readonly Stop[]; readonly cursor: string }> {
    const rows = await this.#file.read(() => this.#since.all(Number(cursor ?? 0)));
    return {
      stops: rows.map((row) => ({
        name: JSON.parse(row.name as string),
        reason: JSON.parse(row.reason as string),
        at: row.at as number,
      })),
      cursor: String(rows.at(-1)?.position ?? cursor ?? 0),
    };
  }

  close(): Promise<void> {
    return this.#release();
  }
}
