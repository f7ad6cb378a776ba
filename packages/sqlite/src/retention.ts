import { readObject, readWhole } from "@tollgate/core/driver";

/** How long a ledger remembers what is over; every member says what is lost beyond it. */
export interface SqliteRetention {
  /**
   * How long a key stays used after its reservation ended or it was refused.
   *
   * Beyond it the key could be granted anew.
   *
   * @default 31_536_000_000 (365 days)
   */
  readonly endedMs?: number;
  /**
   * How long an expired reservation may still settle.
   *
   * Beyond it a late settlement is answered `unknown`, and its money is not booked.
   *
   * @default 604_800_000 (7 days)
   */
  readonly expiredMs?: number;
  /**
   * How long the balances of an hour, day, week or month stay after its end, and longer while something is held.
   *
   * Beyond it nothing can be claimed from that window any more.
   *
   * @default 3_024_000_000 (35 days)
   */
  readonly windowMs?: number;
  /**
   * How long the balances of a run stay after it was last used, and longer while something is held.
   *
   * Beyond it the run would start anew.
   *
   * @default 31_536_000_000 (365 days)
   */
  readonly runMs?: number;
}

const dayMs = 86_400_000;

const defaults: Required<SqliteRetention> = {
  endedMs: 365 * dayMs,
  expiredMs: 7 * dayMs,
  windowMs: 35 * dayMs,
  runMs: 365 * dayMs,
};

/** Fills in what is left out. @throws InvalidConfig when a member is unknown, negative or no whole number */
export function readRetention(input: SqliteRetention = {}): Required<SqliteRetention> {
  const names = Object.keys(defaults) as (keyof SqliteRetention)[];
  readObject(input, "retention", names);
  const retention = { ...defaults };
  for (const name of names) {
    const value = input[name];
    if (value !== undefined) retention[name] = readWhole(value, `retention.${name}`, 0);
  }
  return retention;
}
