// An agent that wants to pay, and ends when somebody has to say yes first; run again, it goes on: `node agent.ts`.
import { ApprovalRequired, createGate, findDenial, gateBudget } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { sqliteApprovals, sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";

const payments = evaluator("payments", ({ name }) =>
  name === "pay"
    ? { decision: "require_approval", approver: "treasurer", reason: "payments need a person" }
    : { decision: "allow" },
);

// #region gate
const file = sqliteFile("tollgate.db");
const gate = createGate({
  ledger: sqliteLedger(file),
  log: sqliteLog(file),
  approvals: sqliteApprovals(file),
  evaluators: [payments],
  onApproval: ({ action, reason, approver }) => {
    console.log(`to the ${approver}: may I ${action.name}? ${reason}`);
  },
});
// #endregion

// #region same-program
const run = gate.run({ id: "invoice-7", user: "alice", agent: "finance-bot" });
try {
  const permit = await gateBudget(run, { kind: "tool", name: "pay", params: { to: "bob", amount: 120 } });
  console.log("paid");
  await permit.settle();
} catch (error) {
  if (error instanceof ApprovalRequired) console.log("waiting");
  else console.log(`refused: ${findDenial(error)?.refusal.reasonCode}`);
}
await gate.close();
// #endregion
