// An approval that is asked for in one process, granted in a second, and used in a third.
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createGate, createSigner } from "@tollgate/core";
import { createKeyFile } from "@tollgate/core/node";
import { createOperator } from "@tollgate/core/operate";
import { verifyChain } from "@tollgate/core/verify";
import { sqliteApprovals, sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";

const folder = mkdtempSync(join(tmpdir(), "tollgate-example-"));
const path = join(folder, "tollgate.db");

/** Runs a program in a process of its own. */
function run(program: string, ...args: readonly string[]): string {
  const main = fileURLToPath(new URL(program, import.meta.url));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=tollgate-source", "--no-warnings", main, ...args],
    { cwd: folder, encoding: "utf8" },
  );
  assert.equal(stderr, "");
  return stdout.trim();
}
const agent = (): string => run("./agent.ts");
const tollgate = (...args: readonly string[]): string =>
  run("../../packages/cli/src/main.ts", ...args, "--store", "tollgate.db");

assert.equal(agent(), "to the treasurer: may I pay? payments need a person\nwaiting");
// Asking again tells nobody anew.
assert.equal(agent(), "waiting");

const [{ id, status, action }] = JSON.parse(tollgate("approvals", "list", "--json"));
assert.deepEqual([status, action], ["pending", { kind: "tool", name: "pay" }]);
createKeyFile(join(folder, "carol.jwk"));
const by = ["--by", "carol", "--reason", "invoice checked", "--key-file", "carol.jwk"];
assert.match(tollgate("approvals", "grant", id, ...by), /^granted: tool pay of run invoice-7\n/);

assert.equal(agent(), "paid");
// Once: the next payment has to be asked for.
assert.match(agent(), /waiting$/);

const file = sqliteFile(path);
const [ledger, log] = [sqliteLedger(file), sqliteLog(file)];

// #region operator
const approvals = sqliteApprovals(file);
const operator = createOperator({ ledger, log, approvals, signer: createSigner() });
for (const { id, reason } of await approvals.list({ run: "invoice-7" })) {
  const { receipt } = await operator.answer({
    approval: id,
    status: "denied",
    by: "dave",
    reason: "paid already",
  });
  console.log(`${reason}: ${receipt.body.status} by ${receipt.body.by}`);
}
await operator.close();
// #endregion
assert.equal(agent(), "refused: approval_denied");

const steps: string[] = [];
for await (const { body } of log.read({ run: "invoice-7" })) {
  if (body.type === "approval") steps.push(body.status);
}
assert.deepEqual(steps, ["requested", "granted", "used", "requested", "denied"]);
assert.equal((await verifyChain(log.read())).verdict, "bound");

// #region stop
const supervisor = createGate({ ledger: sqliteLedger(file), log: sqliteLog(file) });
await supervisor.stop({ agent: "finance-bot" }, "its prompt was changed by a stranger");
// #endregion
await supervisor.close();
assert.equal(agent(), "refused: run_stopped");

// #region lift
const lifting = createOperator({ ledger, log, stops: ledger.stops, signer: createSigner() });
await lifting.lift({ agent: "finance-bot", by: "carol", reason: "its prompt is its own again" });
// #endregion
await lifting.close();
assert.equal(agent(), "refused: approval_denied");
console.log("asked in one process, granted in a second, paid in a third");

for (const store of [approvals, ledger, log]) await store.close?.();
rmSync(folder, { recursive: true });
