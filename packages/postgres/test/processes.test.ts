import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { migrate, postgresLedger } from "../src/index.ts";
import { checkSpending } from "./check-spending.ts";
import { emptySchema } from "./clean-schema.ts";
import { range } from "./fixture.ts";
import { heldTooLong, killRounds } from "./kill-rounds.ts";
import { startServer } from "./server.ts";
import { centNano, type Told } from "./spend.ts";
import { spendTheRest } from "./spend-the-rest.ts";
import { startSpender } from "./spenders.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool();
await migrate(pool);
beforeEach(() => emptySchema(pool));

describe("several processes", () => {
  it("spend one budget to the last cent, and not one more", async () => {
    const told: Told[] = [];
    const spenders = range(3).map(() =>
      startSpender([server.url, "$1.00", "60000", "in full"], (each) => told.push(each)),
    );
    await Promise.all(spenders.map(({ ended }) => ended));
    expect(told.filter(({ what }) => what === "decided")).toHaveLength(100);
    expect(told.filter(({ what }) => what === "settled")).toHaveLength(100);
    expect(await postgresLedger(pool).balances({})).toMatchObject([{ spent: 100n * centNano, held: 0n }]);
    await checkSpending(pool, told, 100n * centNano);
  }, 120_000);

  it("that are killed lose nothing that they were told, and hold nothing for longer than a reservation lives", async () => {
    const plan = { limit: "$20.00", rounds: 2 };
    const told = await killRounds(server.url, plan);
    expect(told.filter(({ what }) => what === "settled").length).toBeGreaterThan(0);
    expect(await heldTooLong(pool, plan)).toBe(0);
    await checkSpending(pool, told, 2000n * centNano);
  }, 120_000);

  it("with leases that are killed overspend nothing, and what they had leased is spent by one who lives", async () => {
    const plan = { limit: "$20.00", rounds: 1, spenders: 8, ttlMs: 1000, slice: "$0.10" };
    const told = [...(await killRounds(server.url, plan))];
    expect(told.filter(({ what }) => what === "settled").length).toBeGreaterThan(0);
    const { rows } = await pool.query("SELECT FROM tollgate.reservations WHERE starts_with(key, 'lease ')");
    expect(rows.length).toBeGreaterThanOrEqual(8);
    expect(await heldTooLong(pool, plan)).toBe(0);
    await checkSpending(pool, told, 2000n * centNano);
    told.push(...(await spendTheRest(pool, plan.slice, 2000n * centNano)));
    await checkSpending(pool, told, 2000n * centNano);
  }, 120_000);
});
