import { afterAll, expect, it } from "vitest";
import { migrate, postgresLedger, postgresLog } from "../src/index.ts";
import { all, range } from "./fixture.ts";
import { takeLease } from "./leased-grant.ts";
import { decision, SealedChain, settlement } from "./sealed-chain.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool();
await migrate(pool);

const clock = { at: 0, now: () => clock.at };
const ledger = postgresLedger(pool, { time: "caller", clock });
const log = postgresLog(pool);

/** The ids of what stands in the ledger, but for leases. */
async function entered(): Promise<readonly string[]> {
  const { rows } = await pool.query(
    "SELECT id FROM tollgate.reservations WHERE NOT starts_with(key, 'lease ') ORDER BY id",
  );
  return rows.map(({ id }) => id as string);
}

it("the receipts of an expired lease's chain are looked through a few at a time, back to when it was taken", async () => {
  const chain = new SealedChain("main");
  const append = async (id: string, at: number) => {
    await log.append(chain.seal(decision("r", {}, id), at));
    return id;
  };
  await log.append(chain.seal(undefined, 0));
  await append("long before", 600_000);
  clock.at = 1_000_000;
  await takeLease(ledger, "main one", 40n, {}, 1_001_000);
  const ids: string[] = [];
  for (const nth of range(8)) ids.push(await append(`id ${nth}`, 1_000_000 + nth));
  await append("recorded", 1_000_100);
  await log.append(chain.seal(settlement("recorded"), 1_000_101));
  const young = await append("too young", 1_005_000);

  clock.at = 1_001_000;
  expect(await all(ledger.expire(clock.at))).toEqual([]);
  await ledger.close();
  await pool.query("UPDATE tollgate.reservations SET due_at = $1 WHERE key = 'lease main one'", [clock.at]);
  const steps: number[] = [];
  for (let due = 1; due > 0; ) {
    await pool.query("SELECT tollgate.enter_untold(1005000, 1000, 4)");
    steps.push((await entered()).length);
    const { rows } = await pool.query(
      "SELECT count(*)::int AS due FROM tollgate.reservations WHERE due_at IS NOT NULL AND key = 'lease main one'",
    );
    due = rows[0].due;
  }
  expect(steps).toEqual([1, 5, 8]);
  expect(await entered()).toEqual(ids);
  expect(ids).not.toContain(young);
});
