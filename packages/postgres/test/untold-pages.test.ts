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

it("however many receipts there are, no more of them are read than a page has", async () => {
  await pool.query(`INSERT INTO tollgate.receipts (stored_at, chain, seq, type, time, run, ref, outcome, receipt)
    SELECT now(), 'busy', n, CASE WHEN n % 2 = 0 THEN 'decision' ELSE 'settlement' END, to_timestamp(2000),
      'r', 'busy ' || n / 2, CASE WHEN n % 2 = 0 THEN 'held' ELSE 'settled' END, '{"body":{}}'
    FROM generate_series(0, 3999) AS n`);
  clock.at = 2_000_000;
  await takeLease(ledger, "busy one", 10n, {}, 2_001_000);
  clock.at = 2_001_000;
  expect(await all(ledger.expire(clock.at))).toEqual([]);
  await ledger.close();
  await pool.query("UPDATE tollgate.reservations SET due_at = $1 WHERE key = 'lease busy one'", [clock.at]);
  const client = await pool.connect();
  // Of this session, also before this transaction.
  const read = async () => {
    const { rows } = await client.query(
      `SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS read FROM pg_stat_xact_user_tables
       WHERE schemaname = 'tollgate' AND starts_with(relname, 'receipts')`,
    );
    return rows[0].read as number;
  };
  const readWith = async (statistics: string) => {
    await client.query(statistics);
    await client.query("BEGIN");
    await client.query("SET LOCAL enable_seqscan = off");
    const before = await read();
    await client.query("SELECT tollgate.enter_untold(2005000, 1000, 10)");
    const after = await read();
    await client.query("ROLLBACK");
    return after - before;
  };
  try {
    // The page, read twice, and a settlement for each decision there.
    for (const statistics of ["SELECT", "ANALYZE"]) expect(await readWith(statistics)).toBeLessThan(50);
  } finally {
    client.release();
  }
});
