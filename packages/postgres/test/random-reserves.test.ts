import type { Balance, Claim, Reservation } from "@tollgate/core";
import { afterAll, describe, expect, it } from "vitest";
import { migrate, postgresLedger } from "../src/index.ts";
import { range } from "./fixture.ts";
import { randomLimit, reserveAtRandom } from "./random-reserves.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off", "deadlock_timeout=50ms", "log_lock_waits=off");
afterAll(() => server.stop());
const pool = server.pool({ max: 16 });
await migrate(pool);

const requests = Number(process.env.TOLLGATE_RANDOM_RESERVES ?? 2000);

describe("16 connections", () => {
  it(`reserve ${requests} times on several budgets in any order: no deadlock, no limit broken, all sums right`, async () => {
    const ended = new Map<string, bigint>();
    const ledgers = range(16).map(() => postgresLedger(pool, { timeoutMs: 60_000 }));
    const { granted, refused, failures } = await reserveAtRandom(ledgers, requests, ({ id }, spent) =>
      ended.set(id, spent),
    );
    expect(failures).toEqual([]);
    expect(granted.length + refused).toBe(requests);
    expect(refused).toBeGreaterThan(0);
    const { rows } = await pool.query(
      "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
    );
    expect(rows).toEqual([{ deadlocks: "0" }]);
    for (const balance of await postgresLedger(pool).balances({})) {
      const { held, spent } = expected(balance, granted, ended);
      expect(balance).toMatchObject({ held, spent });
      expect(balance.held + balance.spent).toBeLessThanOrEqual(randomLimit);
    }
  }, 300_000);
});

/** What a balance must be by what its callers were told. */
function expected(
  balance: Balance,
  granted: readonly Reservation[],
  ended: ReadonlyMap<string, bigint>,
): { readonly held: bigint; readonly spent: bigint } {
  let held = 0n;
  let spent = 0n;
  const isOfBalance = ({ budget, partition }: Claim) =>
    budget === balance.budget && partition === balance.partition;
  for (const { id, claims } of granted) {
    for (const { amount } of claims.filter(isOfBalance)) {
      if (ended.has(id)) spent += ended.get(id) ?? 0n;
      else held += amount;
    }
  }
  return { held, spent };
}
