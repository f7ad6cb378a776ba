import { randomUUID } from "node:crypto";
import {
  readObject,
  readWhole,
  type SharedStops,
  type SharedStopsOptions,
  type Stop,
  type StopChanges,
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
 * A gate on `postgresLedger(pool)` has them without being given any; these are for gates with another ledger, or
 * another `withinMs`. A run's stop is kept for seven days, an agent's until it is lifted. The pool stays the
 * application's.
 *
 * @throws InvalidConfig for options that make no sense.
 */
export function postgresStops(pool: PostgresPool, options: PostgresStopsOptions = {}): SharedStops {
  readObject(options, "options", ["timeoutMs", "withinMs", "pause"]);
  const { timeoutMs = 4000, ...rest } = options;
  readWhole(rest.withinMs ?? 1000, "withinMs", 0);
  return stopsIn(new Database(pool, readWhole(timeoutMs, "timeoutMs", 1)), rest);
}

/** The stops of a database. */
export function stopsIn(database: Database, options?: SharedStopsOptions): SharedStops {
  return sharedStops(new StopsInPostgres(database), options);
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

  async lift(name: string, now: number): Promise<boolean> {
    const { rows } = await this.#database.ask({
      text: "SELECT tollgate.lift_stop($1, $2, $3) AS is_lifted",
      values: [JSON.stringify(name), Math.floor(now), randomUUID()],
      repeatable: true,
    });
    return rows[0]?.is_lifted === "t";
  }

  async since(cursor: string | null): Promise<StopChanges> {
    const { rows } = await this.#database.ask({
      text: "SELECT * FROM tollgate.stops s WHERE s.position > $1 ORDER BY s.position",
      values: [cursor ?? "0"],
      repeatable: true,
    });
    return {
      stops: rows.map((row) => ({
        name: JSON.parse(row.name ?? ""),
        reason: JSON.parse(row.reason ?? "null"),
        at: Number(row.stopped_at),
      })),
      cursor: rows.at(-1)?.position ?? cursor ?? "0",
    };
  }
}
