import { randomUUID } from "node:crypto";
import type { Stops } from "@tollgate/core";
import {
  readObject,
  readWhole,
  type SharedStopsOptions,
  type Stop,
  type StopStore,
  sharedStops,
} from "@tollgate/core/driver";
import { Database } from "./database.ts";
import type { PostgresPool } from "./pool.ts";

/** How long a run's stop is kept, as gates remember it: seven days. */
const keptMs = 7 * 24 * 60 * 60 * 1000;

/** Options of {@link postgresStops}. */
export interface PostgresStopsOptions extends SharedStopsOptions {
  /**
   * How long an operation may take in all: waiting for a connection, for the answer, and for further tries.
   *
   * @default 4000 (less than the gate's own storageTimeoutMs, so that it hears why)
   */
  readonly timeoutMs?: number;
}

/**
 * Keeps stops in the schema `tollgate`: what one gate stops, every gate on the database denies.
 *
 * A run's stop is kept for seven days, an agent's for good. The pool stays the application's.
 *
 * @throws InvalidConfig for options that make no sense.
 */
export function postgresStops(pool: PostgresPool, options: PostgresStopsOptions = {}): Stops {
  readObject(options, "options", ["timeoutMs", "withinMs"]);
  const { timeoutMs = 4000, withinMs = 1000 } = options;
  readWhole(withinMs, "withinMs", 0);
  const database = new Database(pool, readWhole(timeoutMs, "timeoutMs", 1));
  return sharedStops(new StopsInPostgres(database), { withinMs });
}

class StopsInPostgres implements StopStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add({ name, reason, at }: Stop): Promise<boolean> {
    const time = Math.floor(at);
    const { rows } = await this.#database.ask({
      text: "SELECT tollgate.add_stop($1, $2, $3, $4, $5) AS is_new",
      values: [JSON.stringify(name), JSON.stringify(reason), time, time - keptMs, randomUUID()],
      repeatable: true,
    });
    return rows[0]?.is_new === "t";
  }

  async since(cursor: string | null): Promise<{ readonly stops: readonly Stop[]; readonly cursor: string }> {
    const { rows } = await this.#database.ask({
      text: "SELECT * FROM tollgate.stops s WHERE s.position > $1 ORDER BY s.position",
      values: [cursor ?? "0"],
      repeatable: true,
    });
    return {
      stops: rows.map((row) => ({
        name: JSON.parse(row.name ?? ""),
        reason: JSON.parse(row.reason ?? ""),
        at: Number(row.stopped_at),
      })),
      cursor: rows.at(-1)?.position ?? cursor ?? "0",
    };
  }
}
