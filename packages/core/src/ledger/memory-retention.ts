import { readWhole } from "../action/config-values.ts";

/** How much a memory ledger remembers; every member bounds memory and says what is lost beyond it. */
export interface MemoryRetention {
  /**
   * How long settled, released and refused reservations are kept in full.
   *
   * Beyond it a replay of their key is answered `forgotten` instead of how it ended, never granted.
   *
   * @default 300_000 (5 minutes)
   */
  readonly endedMs?: number;
  /** How many of them are kept at most. @default 10_000 */
  readonly endedCount?: number;
  /**
   * How long expired reservations are kept, so that they may still settle late.
   *
   * Beyond it a late settlement is answered `unknown`, and its money is not booked.
   *
   * @default 86_400_000 (24 hours)
   */
  readonly expiredMs?: number;
  /** How many of them are kept at most. @default 100_000 */
  readonly expiredCount?: number;
  /**
   * How long the balances of an ended hour, day, week or month stay after its end.
   *
   * They stay longer while a reservation may still be settled against them.
   *
   * @default 3_600_000 (1 hour)
   */
  readonly windowMs?: number;
  /**
   * How long the balances of a run stay after it was last used, while nothing is held.
   *
   * Beyond it the run can claim nothing from that budget any more: reserve throws StorageFailed, as a
   * budget that was forgotten must not start anew.
   *
   * @default 86_400_000 (24 hours)
   */
  readonly runMs?: number;
  /** For how many runs, counted once for each budget, they stay at most. @default 100_000 */
  readonly runCount?: number;
  /**
   * How many forgotten keys, and how many forgotten runs, are still refused afterwards, at least; at most
   * twice as many. Each costs up to 22 bytes outside the heap.
   *
   * @default 500_000
   */
  readonly fingerprints?: number;
}

const defaults: Required<MemoryRetention> = {
  endedMs: 300_000,
  endedCount: 10_000,
  expiredMs: 86_400_000,
  expiredCount: 100_000,
  windowMs: 3_600_000,
  runMs: 86_400_000,
  runCount: 100_000,
  fingerprints: 500_000,
};

/**
 * Fills in what is left out.
 *
 * @throws InvalidConfig when a member is not a whole number, negative, or (for `fingerprints`) 0.
 */
export function readRetention(input: MemoryRetention = {}): Required<MemoryRetention> {
  const retention = { ...defaults };
  for (const name of Object.keys(defaults) as (keyof MemoryRetention)[]) {
    const value = input[name];
    if (value === undefined) continue;
    retention[name] = readWhole(value, `retention.${name}`, name === "fingerprints" ? 1 : 0);
  }
  return retention;
}
