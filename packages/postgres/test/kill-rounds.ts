import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { range } from "./fixture.ts";
import type { Told } from "./spend.ts";
import { startSpender } from "./spenders.ts";

/** How long the reservations of processes that are killed live. */
const killedTtlMs = 3000;

/**
 * Starts three processes that spend up to `limit` of the database of `url` and kills each at some moment, round
 * after round; answers what they were told.
 */
export async function killRounds(
  url: string,
  limit: string,
  rounds: number,
  onRound: (round: number) => void = () => undefined,
): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (let round = 0; round < rounds; round++) {
    const spenders = range(3).map(() =>
      startSpender([url, limit, String(killedTtlMs)], (each) => told.push(each)),
    );
    await Promise.all(
      spenders.map(async ({ process, begun, ended }) => {
        await begun;
        await sleep(Math.random() * 300);
        process.kill("SIGKILL");
        await ended;
      }),
    );
    onRound(round);
  }
  return told;
}

/** How many reservations are held for longer than one of them lives. */
export async function heldTooLong(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query(
    "SELECT count(*)::int AS held FROM tollgate.reservations WHERE due_at > tollgate.now_ms() + $1::bigint",
    [killedTtlMs],
  );
  return rows[0].held;
}
