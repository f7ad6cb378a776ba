import { afterAll, describe, expect, it } from "vitest";
import { migrate, postgresLedger } from "../src/index.ts";
import { range } from "./fixture.ts";
import { checkSums, reserveAtRandom } from "./random-reserves.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off", "deadlock_timeout=50ms");
afterAll(() => server.stop());
const pool = server.pool({ max: 16 });
await migrate(pool);

describe("16 connections", () => {
  it("reserve on several budgets in any order: no deadlock, no limit broken, all sums right", async () => {
    const ledgers = range(16).map(() => postgresLedger(pool, { timeoutMs: 30_000 }));
    const reserves = await reserveAtRandom(ledgers, 2000);
    expect(reserves.failures).toEqual([]);
    expect(reserves.granted.length + reserves.refused).toBe(2000);
    expect(reserves.refused).toBeGreaterThan(0);
    const { rows } = await pool.query(
      "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
    );
    expect(rows).toEqual([{ deadlocks: "0" }]);
    checkSums(await postgresLedger(pool).balances({}), reserves);
  });
});
