// Three processes, as three machines would, spend one budget of a shared PostgreSQL, each within slices that it leases:
// a decision asks nobody. Starts a PostgreSQL of its own, which is gone afterwards.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startPostgres } from "@tollgate/conformance/postgres-server";
import { createGate, findDenial, gateBudget, type Ledger } from "@tollgate/core";
import { leased } from "@tollgate/core/leases";
import { fileLog } from "@tollgate/core/node";
import { migrate, postgresLedger } from "@tollgate/postgres";
import { Pool } from "pg";

/** What each machine does: asks until it is refused, from eight callers at once. */
async function agent(connectionString: string, folder: string): Promise<void> {
  // #region leases
  const pool = new Pool({ connectionString });
  const shared = postgresLedger(pool);
  const gate = createGate({
    budgets: [{ id: "daily", limit: "$20.00", per: "total" }],
    ledger: leased(shared, { slice: "$1.00" }),
    log: fileLog(join(folder, "receipts.jsonl")),
  });
  // #endregion
  const run = gate.run({ tenant: "acme" });
  const search = { kind: "tool", name: "search", amounts: { usd: "$0.02" } } as const;
  const caller = async (): Promise<void> => {
    for (;;) {
      const permit = await gateBudget(run, search);
      await permit.settle({ amounts: { usd: 15_000_000n } });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: 8 }, caller));
  for (const end of ends) {
    if (end.status === "rejected") assert.equal(findDenial(end.reason)?.code, "action_denied");
  }
  await gate.close();
  await pool.end();
}

/** How often the shared ledger is asked to reserve something. */
function counting(ledger: Ledger): { readonly asked: () => number } {
  const reserve = ledger.reserve.bind(ledger);
  let asked = 0;
  ledger.reserve = (request) => {
    asked += 1;
    return reserve(request);
  };
  return { asked: () => asked };
}

async function main(): Promise<void> {
  const postgres = await startPostgres();
  const pool = new Pool({ connectionString: postgres.url });
  const folder = mkdtempSync(join(tmpdir(), "tollgate-example-"));
  try {
    await migrate(pool);

    const shared = postgresLedger(pool);
    const { asked } = counting(shared);
    const gate = createGate({
      budgets: [{ id: "trial", limit: "$20.00", per: "total" }],
      ledger: leased(shared, { slice: "$1.00" }),
    });
    const run = gate.run({ tenant: "acme" });
    for (let call = 0; call < 40; call++) {
      const permit = await gateBudget(run, { kind: "tool", name: "search", amounts: { usd: "$0.01" } });
      await permit.settle();
    }
    assert.equal(asked(), 1);
    await gate.close();
    console.log("40 decisions, and the shared ledger was asked for money once");

    const agents = [1, 2, 3].map(async (machine) => {
      const child = spawn(
        process.execPath,
        [
          "--conditions=tollgate-source",
          fileURLToPath(import.meta.url),
          postgres.url,
          join(folder, `${machine}`),
        ],
        { stdio: "inherit" },
      );
      const [status] = await once(child, "exit");
      assert.equal(status, 0);
    });
    await Promise.all(agents);

    const [balance] = await postgresLedger(pool).balances({ budget: "daily" });
    assert.ok(balance);
    assert.equal(balance.held, 0n);
    assert.ok(balance.spent <= 20_000_000_000n);
    // Whoever is refused first gives back what it had leased, which nobody may be left to ask for.
    assert.ok(balance.spent > 15_000_000_000n, `only ${balance.spent} was spent`);
    console.log("three processes spent one budget of $20.00 out of leases, and not more; nothing is held");
  } finally {
    await pool.end();
    await postgres.remove();
    rmSync(folder, { recursive: true });
  }
}

const [url, folder] = process.argv.slice(2);
if (url === undefined || folder === undefined) await main();
else await agent(url, folder);
