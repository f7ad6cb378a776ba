import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { range } from "./fixture.ts";
import type { Told } from "./spend.ts";
import { startSpender } from "./spenders.ts";

/** How long a lease lives beyond the reservations that are granted out of it. */
export const leaseTtlMs = 500;

/** Who is to be killed, and how often. */
export interface KillPlan {
  /** What all of them may spend. */
  readonly limit: string;
  readonly rounds: number;
  /** How many are killed in each round. @default 3 */
  readonly spenders?: number;
  /** How long their reservations live. @default 3000 */
  readonly ttlMs?: number;
  /** How much each of them leases at once. @default nothing: they ask for each call */
  readonly slice?: string;
  readonly onRound?: (round: number) => void;
}

/** Starts processes that spend from the database of `url` and kills each at some moment, round after round; answers what they were told. */
export async function killRounds(url: string, plan: KillPlan): Promise<readonly Told[]> {
  const { limit, rounds, spenders: count = 3, ttlMs = 3000, slice = "", onRound } = plan;
  const told: Told[] = [];
  for (let round = 0; round < rounds; round++) {
    const spenders = range(count).map(() =>
      startSpender([url, limit, String(ttlMs), "", slice], (each) => told.push(each)),
    );
    await Promise.all(
      spenders.map(async ({ begun, kill, ended }) => {
        await begun;
        await sleep(Math.random() * 300);
        kill();
        await ended;
      }),
    );
    onRound?.(round);
  }
  return told;
}

/** How many reservations and leases are held for longer than one of them lives. */
export async function heldTooLong(pool: pg.Pool, { ttlMs = 3000, slice }: KillPlan): Promise<number> {
  const longest = slice === undefined ? ttlMs : ttlMs + leaseTtlMs;
  const { rows } = await pool.query(
    "SELECT count(*)::int AS held FROM tollgate.reservations WHERE due_at > tollgate.now_ms() + $1::bigint",
    [longest],
  );
  return rows[0].held;
}
