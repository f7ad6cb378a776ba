import { setTimeout as sleep } from "node:timers/promises";
import type { Gate } from "@tollgate/core";
import type pg from "pg";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { migrate, postgresLog } from "../src/index.ts";
import { checkSpending } from "./check-spending.ts";
import { emptySchema } from "./clean-schema.ts";
import { range } from "./fixture.ts";
import { moneyGate } from "./money-gate.ts";
import { describeOwned, startServer } from "./server.ts";
import { centNano, spend, type Told } from "./spend.ts";

const server = await startServer();
afterAll(() => server.stop());
const pool = server.pool({ max: 3 });
// One connection, which nothing here cuts or cancels.
const disturber = server.pool({ max: 1 });
await migrate(pool);
beforeEach(() => emptySchema(pool));

/** Lets gates spend while `happen` happens to them, and some calls longer; checks what is left. */
async function spendThrough(happen: (pools: readonly pg.Pool[]) => Promise<void>): Promise<readonly Told[]> {
  const told: Told[] = [];
  let isOver = false;
  const pools = range(2).map(() => server.pool({ max: 4 }));
  const gates: readonly Gate[] = pools.map((own) =>
    moneyGate(
      own,
      "$1000",
      { reservationTtlMs: 2000, storageTimeoutMs: 1500, log: postgresLog(own, { timeoutMs: 1000 }) },
      { timeoutMs: 1000 },
    ),
  );
  const spending = gates.map((gate) =>
    spend(gate, { callers: 4, isOver: () => isOver, tell: (each) => told.push(each) }),
  );
  const decided = () => told.filter(({ what }) => what === "decided").length;
  const more = async (count: number) => {
    for (const enough = decided() + count; decided() < enough; ) await sleep(10);
  };
  await more(20);
  await happen(pools);
  await more(20);
  isOver = true;
  await Promise.all(spending);
  for (const gate of gates) await gate.close();
  await checkSpending(pool, told, 100_000n * centNano);
  return told;
}

const { power } = server;

describeOwned(
  server,
  "it stops it",
  "spending goes on, and nothing that was acknowledged is lost, when the server",
  () => {
    it("is stopped and started again", async () => {
      const told = await spendThrough(async () => {
        await power?.stop();
        await sleep(300);
        await power?.start();
      });
      expect(told.filter(({ what }) => what === "settled").length).toBeGreaterThan(0);
    });

    it("crashes and recovers, three times", async () => {
      await spendThrough(async () => {
        for (let time = 0; time < 3; time++) {
          await power?.crash();
          await power?.start();
          await sleep(100 + Math.random() * 200);
        }
      });
    });
  },
);

describe("spending goes on, and nothing that was acknowledged is lost, when", () => {
  it("connections are cut in the middle of statements", async () => {
    await spendThrough(async () => {
      for (let time = 0; time < 15; time++) {
        await disturber.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.7`,
        );
        await sleep(Math.random() * 60);
      }
    });
  });

  it("statements are cancelled, and locks are held up", async () => {
    await spendThrough(async () => {
      for (let time = 0; time < 15; time++) {
        await disturber.query(
          `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.7`,
        );
        await disturber.query(
          "BEGIN; SELECT * FROM tollgate.balances FOR UPDATE; SELECT pg_sleep(0.03); COMMIT",
        );
      }
    });
  });

  it("the pool is used up by others for a while", async () => {
    await spendThrough(async (pools) => {
      const taken = await Promise.all(pools.flatMap((own) => range(4).map(() => own.connect())));
      await sleep(1200);
      for (const client of taken) client.release();
    });
  });
});
