import type { ReceiptQuery } from "@tollgate/core";
import { afterAll, describe, expect, it } from "vitest";
import { migrate, type PostgresPool, postgresLog } from "../src/index.ts";
import { all } from "./fixture.ts";
import { startServer } from "./server.ts";
import { wrappedPool } from "./wrapped-pool.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool({ max: 1 });
await migrate(pool);

const count = 100_000;
const begin = Date.UTC(2026, 0, 1);

// A decision and its settlement in turns, a second after each other: 20 chains, runs of 20, a thousand users.
await pool.query(
  `INSERT INTO tollgate.receipts (stored_at, chain, seq, type, time, run, ref, outcome, subject, receipt)
  SELECT clock_timestamp(), 'chain ' || n / 2 % 20, n / 40 * 2 + n % 2,
    CASE n % 2 WHEN 0 THEN 'decision' ELSE 'settlement' END,
    $2::timestamptz + n * interval '1 second', CASE n % 2 WHEN 0 THEN 'run ' || n / 20 END, 'ref ' || n / 2,
    CASE n % 2 WHEN 0 THEN 'held' ELSE 'settled' END,
    CASE n % 2 WHEN 0 THEN jsonb_build_object('user', 'user ' || n / 2 % 1000, 'tenant', 'acme') END,
    '{"body":{"n":' || n || ',"params":"' || repeat('x', 500) || '"}}'
  FROM generate_series(0, $1::integer - 1) AS n`,
  [count, new Date(begin).toISOString()],
);

/** A pool that also tells how many pages each statement looks at, once more. */
function watched(): { readonly pool: PostgresPool; readonly pages: readonly number[] } {
  const pages: number[] = [];
  const watching = wrappedPool(pool, async (client, query) => {
    const answer = await client.query(query);
    if (query.text.includes("tollgate.receipts")) {
      const { rows } = await client.query({
        text: `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${query.text}`,
        values: query.values ?? [],
      });
      const { Plan: plan } = rows[0]["QUERY PLAN"][0];
      pages.push(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]);
    }
    return answer;
  });
  return { pool: watching, pages };
}

/** How many receipts are found, and how many pages are looked at for that. */
async function read(query: ReceiptQuery): Promise<{ readonly found: number; readonly pages: number }> {
  const { pool: watching, pages } = watched();
  const receipts = await all(postgresLog(watching).read(query));
  return { found: receipts.length, pages: pages.reduce((sum, each) => sum + each, 0) };
}

describe("of 100,000 receipts, 8,300 pages,", () => {
  const byIndex: [string, ReceiptQuery, number][] = [
    ["run", { run: "run 777" }, 20],
    ["subject", { subject: { user: "user 7" } }, 100],
    ["subject of several fields", { subject: { user: "user 7", tenant: "acme" } }, 100],
    ["subject that is not there", { subject: { user: "nobody" } }, 0],
    ["subject in a time", { subject: { user: "user 7" }, until: begin + 2_100_000 }, 4],
    ["run in a chain", { chain: "chain 13", run: "run 777" }, 2],
  ];
  it.each(byIndex)("those of a %s are found without statistics, too", async (_, query, expected) => {
    const { found, pages } = await read(query);
    expect(found).toBe(expected);
    expect(pages).toBeLessThan(1000);
  });

  it.each<[string, ReceiptQuery, number]>([
    ...byIndex,
    ["time", { from: begin + 50_000_000, until: begin + 50_300_000 }, 300],
    ["time near the end", { from: begin + 99_900_000 }, 100],
    ["time in a chain", { chain: "chain 3", from: begin + 99_900_000 }, 4],
  ])("those of a %s are found without looking through all", async (_, query, expected) => {
    await pool.query("ANALYZE tollgate.receipts");
    const { found, pages } = await read(query);
    expect(found).toBe(expected);
    expect(pages).toBeLessThan(1000);
  });

  it("those of a chain are read page by page", async () => {
    await pool.query("ANALYZE tollgate.receipts");
    const { found, pages } = await read({ chain: "chain 3" });
    expect(found).toBe(5000);
    expect(pages).toBeLessThan(3500);
  });
});
