import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { migrate, postgresLedger } from "../src/index.ts";
import { checkSpending } from "./check-spending.ts";
import { emptySchema } from "./clean-schema.ts";
import { range } from "./fixture.ts";
import { startServer } from "./server.ts";
import { centNano, type Told } from "./spend.ts";
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
  });

  it("that are killed lose nothing that they were told, and hold nothing for longer than a reservation lives", async () => {
    const told: Told[] = [];
    const rounds = Number(process.env.TOLLGATE_KILL_ROUNDS ?? 2);
    for (let round = 0; round < rounds; round++) {
      const spenders = range(3).map(() =>
        startSpender([server.url, "$20.00", "3000"], (each) => told.push(each)),
      );
      await Promise.all(
        spenders.map(async ({ process, begun, ended }) => {
          await begun;
          await sleep(Math.random() * 300);
          process.kill("SIGKILL");
          await ended;
        }),
      );
    }
    expect(told.filter(({ what }) => what === "settled").length).toBeGreaterThan(0);
    const { rows } = await pool.query(
      "SELECT count(*)::int AS held FROM tollgate.reservations WHERE due_at > tollgate.now_ms() + 3000",
    );
    expect(rows).toEqual([{ held: 0 }]);
    await checkSpending(pool, told, 2000n * centNano);
  });
});
