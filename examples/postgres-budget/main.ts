// Two processes, as two machines would, spend one budget that lives in PostgreSQL; then a third reads and verifies
// what they did. Starts a PostgreSQL of its own, which is gone afterwards.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startPostgres } from "@tollgate/conformance/postgres-server";
import { createGate, findDenial, gateBudget, type Receipt } from "@tollgate/core";
import { replayBalances, verifyChain } from "@tollgate/core/verify";
import { dropReceipts, forget, migrate, postgresLedger, postgresLog } from "@tollgate/postgres";
import { Pool } from "pg";

/** What each process does: asks until the budget is used up. */
async function agent(connectionString: string): Promise<void> {
  // #region quickstart
  const pool = new Pool({ connectionString });
  await migrate(pool);
  const gate = createGate({
    budgets: [{ id: "daily", limit: "$5.00", per: "day", by: ["tenant"] }],
    ledger: postgresLedger(pool),
    log: postgresLog(pool),
  });
  // #endregion
  const run = gate.run({ tenant: "acme" });
  const search = { kind: "tool", name: "search", amounts: { usd: "$0.25" } } as const;
  try {
    for (;;) {
      const permit = await gateBudget(run, search);
      // Here the search is made; it turned out cheaper.
      await permit.settle({ amounts: { usd: 200_000_000n } });
    }
  } catch (error) {
    const denial = findDenial(error);
    if (denial?.code !== "action_denied") throw error;
  }
  await gate.close();
  await pool.end();
}

async function main(): Promise<void> {
  const postgres = await startPostgres();
  const pool = new Pool({ connectionString: postgres.url });
  try {
    const agents = [1, 2].map(async () => {
      const child = spawn(
        process.execPath,
        ["--conditions=tollgate-source", fileURLToPath(import.meta.url), postgres.url],
        { stdio: "inherit" },
      );
      const [status] = await once(child, "exit");
      assert.equal(status, 0);
    });
    await Promise.all(agents);

    const [balance] = await postgresLedger(pool).balances({ budget: "daily" });
    assert.ok(balance);
    // 24 searches at $0.20 are $4.80; a 25th for at most $0.25 did not fit any more.
    assert.equal(balance.spent, 4_800_000_000n);
    assert.equal(balance.held, 0n);
    console.log("two processes made 24 searches for $4.80 of $5.00, and not one more");

    // #region audit
    const log = postgresLog(pool);
    const receipts: Receipt[] = [];
    for await (const receipt of log.read({ subject: { tenant: "acme" } })) receipts.push(receipt);
    const report = await verifyChain(log.read());
    const replayed = await replayBalances(log.read());
    // #endregion
    assert.equal(report.break, null);
    assert.equal(report.chains.length, 2);
    assert.equal(receipts.filter(({ body }) => body.type === "settlement").length, 24);
    assert.deepEqual(
      replayed.map(({ spent, held }) => [spent, held]),
      [[balance.spent, 0n]],
    );
    console.log("their two chains of receipts verify, and come to the same balance");

    // #region upkeep
    await forget(pool, { endedMs: 30 * 86_400_000 });
    await dropReceipts(pool, { before: new Date("2020-01-01") });
    // #endregion
  } finally {
    await pool.end();
    await postgres.remove();
  }
}

const [url] = process.argv.slice(2);
if (url === undefined) await main();
else await agent(url);
