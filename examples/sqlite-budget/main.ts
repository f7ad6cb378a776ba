// A budget that holds over a restart: what one process has spent, the next one cannot spend again.
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { verifyChain } from "@tollgate/core/verify";
import { dropReceipts, sqliteLedger, sqliteLog } from "@tollgate/sqlite";

const folder = mkdtempSync(join(tmpdir(), "tollgate-example-"));
const agent = fileURLToPath(new URL("./agent.ts", import.meta.url));

/** Runs the agent in a process of its own, which ends as is said. */
function runAgent(end: "closes" | "is killed"): string {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=tollgate-source", "--no-warnings", agent, end],
    { cwd: folder, encoding: "utf8" },
  );
  assert.equal(stderr, "");
  return stdout.trim();
}

// $1.00 is enough for two calls of $0.40, whichever process makes them, and however it ends.
assert.equal(runAgent("is killed"), "paid");
assert.equal(runAgent("closes"), "paid");
assert.match(
  runAgent("closes"),
  /^refused: tool "invoices\.pay" denied: budget "trial" \(user=alice\) has \$0\.20 left of \$1\.00/,
);

// #region look
const ledger = sqliteLedger(join(folder, "tollgate.db"));
const log = sqliteLog(join(folder, "tollgate.db"));
const [trial] = await ledger.balances({ budget: "trial" });
const report = await verifyChain(log.read());
// #endregion
assert.deepEqual([trial?.partition, trial?.spent, trial?.held], ["user=alice", 800_000_000n, 0n]);
// Each process wrote a chain of its own. The first had no time to close its chain.
assert.equal(report.verdict, "bound");
assert.deepEqual(report.chains.map(({ closed }) => closed).sort(), [false, true, true]);
console.log(`${report.receipts} receipts in ${report.chains.length} chains, $0.80 of $1.00 spent`);

// #region drop
const before = Date.now() - 30 * 86_400_000;
const dropped = await dropReceipts(join(folder, "tollgate.db"), { before });
const rest = await verifyChain(log.read(), { trimmed: true });
// #endregion
// Nothing is that old here.
assert.deepEqual(dropped, []);
assert.equal(rest.receipts, report.receipts);

await Promise.all([ledger.close(), log.close?.()]);
rmSync(folder, { recursive: true });
