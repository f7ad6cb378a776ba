// One process of several that share a budget: `node agent.ts <closes | is killed>`.
// #region five-lines
import { createGate, findDenial, gateBudget } from "@tollgate/core";
import { sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";

const file = sqliteFile("tollgate.db");
const gate = createGate({
  ledger: sqliteLedger(file),
  log: sqliteLog(file),
  budgets: [{ id: "trial", limit: "$1.00", per: "total", by: ["user"] }],
});
// #endregion

const run = gate.run({ user: "alice" });
try {
  const permit = await gateBudget(run, {
    kind: "tool",
    name: "invoices.pay",
    params: { invoice: 7 },
    amounts: { usd: "$0.40" },
  });
  await permit.settle();
  console.log("paid");
} catch (error) {
  console.log(`refused: ${findDenial(error)?.message}`);
}

if (process.argv[2] === "is killed") process.kill(process.pid, "SIGKILL");
await gate.close();
