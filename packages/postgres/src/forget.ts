import { readObject, readWhole } from "@tollgate/core/driver";
import { Database } from "./database.ts";
import type { PostgresPool } from "./pool.ts";

/** What a ledger may forget; every member says what is lost beyond it. */
export interface ForgetOptions {
  /**
   * How long reservations are kept in full after they ended.
   *
   * Beyond it a replay of their key is answered `forgotten` instead of how it ended, and an expired one can
   * not be settled any more: its money is not booked.
   *
   * @default 2592000000 (30 days)
   */
  readonly endedMs?: number;
  /** How long the balances of an hour, day, week or month stay after its end. @default 34560000000 (400 days) */
  readonly windowMs?: number;
  /**
   * How long the balances of a run stay after it was last used, while nothing is held. Beyond it the run can claim
   * nothing from that budget any more.
   *
   * @default 7776000000 (90 days)
   */
  readonly runMs?: number;
  /**
   * How long forgotten keys and runs are refused, by their fingerprints of 16 bytes. Beyond it they could be
   * granted anew.
   *
   * @default 34560000000 (400 days)
   */
  readonly fingerprintMs?: number;
}

/** How much was forgotten. */
export interface Forgotten {
  readonly reservations: number;
  readonly balances: number;
  readonly fingerprints: number;
}

/** How much is forgotten in one transaction. */
const batch = 1000;

/** How long one of them may take. */
const timeoutMs = 60_000;

/**
 * Forgets what ended long ago, a bit at a time, so that nobody is held up; to be called every day or so, by the
 * role that owns the schema. `total` balances are never forgotten.
 *
 * @throws InvalidConfig for options that make no sense; StorageFailed when it cannot be done.
 */
export async function forget(pool: PostgresPool, options: ForgetOptions = {}): Promise<Forgotten> {
  readObject(options, "options", ["endedMs", "windowMs", "runMs", "fingerprintMs"]);
  const dayMs = 86_400_000;
  const {
    endedMs = 30 * dayMs,
    windowMs = 400 * dayMs,
    runMs = 90 * dayMs,
    fingerprintMs = 400 * dayMs,
  } = options;
  readWhole(endedMs, "endedMs", 0);
  readWhole(windowMs, "windowMs", 0);
  readWhole(runMs, "runMs", 0);
  readWhole(fingerprintMs, "fingerprintMs", 0);
  const database = new Database(pool, timeoutMs);
  let sum: Forgotten = { reservations: 0, balances: 0, fingerprints: 0 };
  for (;;) {
    const { rows } = await database.ask({
      text: "SELECT * FROM tollgate.forget(NULL, $1, $2, $3, $4, $5)",
      values: [endedMs, windowMs, runMs, fingerprintMs, batch],
      repeatable: true,
    });
    const done: Forgotten = {
      reservations: Number(rows[0]?.reservations),
      balances: Number(rows[0]?.balances),
      fingerprints: Number(rows[0]?.fingerprints),
    };
    sum = {
      reservations: sum.reservations + done.reservations,
      balances: sum.balances + done.balances,
      fingerprints: sum.fingerprints + done.fingerprints,
    };
    if (Math.max(done.reservations, done.balances, done.fingerprints) < batch) return sum;
  }
}
