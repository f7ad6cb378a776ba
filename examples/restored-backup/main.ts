// A backup that is put back makes money look unspent that was spent since. Receipts that were seen before show it, and
// a copy of them says how much it was.
import { strict as assert } from "node:assert";
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createGate, findDenial, gateBudget, type Receipt } from "@tollgate/core";
import { createOperator } from "@tollgate/core/operate";
import { createSigner } from "@tollgate/core/signing";
import { replayBalances, verifyChain } from "@tollgate/core/verify";
import { sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";

const folder = mkdtempSync(join(tmpdir(), "tollgate-example-"));
const path = join(folder, "tollgate.db");
const signer = createSigner();
const keys = [signer.publicKey];

/** One process after another: pays $0.40 if the budget allows it. */
async function pay(): Promise<string> {
  const file = sqliteFile(path);
  const gate = createGate({
    ledger: sqliteLedger(file),
    log: sqliteLog(file),
    signer,
    budgets: [{ id: "trial", limit: "$1.00", per: "total" }],
  });
  try {
    const permit = await gateBudget(gate.run({ user: "alice" }), {
      kind: "tool",
      name: "invoices.pay",
      amounts: { usd: "$0.40" },
    });
    await permit.settle();
    return "paid";
  } catch (error) {
    return findDenial(error)?.code ?? "failed";
  } finally {
    await gate.close();
  }
}

assert.equal(await pay(), "paid");

// The nightly backup.
const live = new DatabaseSync(path);
live.exec(`VACUUM INTO '${join(folder, "backup.db")}'`);
live.close();

assert.equal(await pay(), "paid");

// #region watch
// Somewhere else, every few minutes: where each chain ends, and a copy of the receipts.
const watched = sqliteLog(path);
const { chains } = await verifyChain(watched.read(), { keys });
const heads = chains.map(({ chain, seq, digest }) => ({ chain, seq, digest }));
const copy: Receipt[] = [];
for await (const receipt of watched.read()) copy.push(receipt);
// #endregion
await watched.close?.();

// The disk fails, and the backup is put back.
for (const end of ["-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
renameSync(join(folder, "backup.db"), path);

const file = sqliteFile(path);
const [ledger, log] = [sqliteLedger(file), sqliteLog(file)];
const [before] = await ledger.balances({ budget: "trial" });
assert.equal(before?.spent, 400_000_000n);

// #region detect
const report = await verifyChain(log.read(), { keys, heads });
// #endregion
assert.equal(report.verdict, "broken");
assert.equal(report.break?.reason, "missing_chain");
console.log(`the restored file does not verify: ${report.break?.reason}`);

// #region correct
// By the receipts that were copied, so much was spent that the restored ledger does not know of.
const operator = createOperator({ ledger, log, signer });
for (const { budget, partition, window, unit, spent } of await replayBalances(copy)) {
  const known = await ledger.balances({ budget, partition, window });
  const amount = spent - (known.find((balance) => balance.unit === unit)?.spent ?? 0n);
  const [by, reason] = ["carol", "what was spent after the backup of Monday"];
  if (amount !== 0n) {
    await operator.adjust({ kind: "correction", budget, partition, window, unit, amount, by, reason });
  }
}
await operator.close();
// #endregion
const [after] = await ledger.balances({ budget: "trial" });
assert.equal(after?.spent, 800_000_000n);
await Promise.all([ledger.close(), log.close?.()]);

assert.equal(await pay(), "action_denied");
console.log("corrected by its receipts, it refuses what was spent already");
rmSync(folder, { recursive: true });
