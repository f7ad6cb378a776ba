// The first way: AGT's engine is one evaluator of a composite, and the gate asks it before any budget.
import { strict as assert } from "node:assert";
import { policy } from "./policy.ts";
import { watchedLedger } from "./watched-ledger.ts";

const { ledger, calls } = watchedLedger();
const prices = { tools: { send_invoice: "$0.40", export_customers: "$0.40" } };

// #region composite
import { AuditLogger, PolicyEngine } from "@microsoft/agent-governance-sdk";
import { agtEvaluator, reconcile } from "@tollgate/agt";
import { createGate, type Decision } from "@tollgate/core";
import { composite, denyTools } from "@tollgate/core/evaluators";

const engine = new PolicyEngine();
engine.loadYaml(policy);
const audit = new AuditLogger();

const gate = createGate({
  evaluators: [composite("policy", [agtEvaluator(engine, { audit }), denyTools(["shell_*"])])],
  budgets: [{ id: "project", limit: "$1.00", by: ["agent"] }],
  prices,
  ledger,
});
const run = gate.run({ agent: "finance-bot" });
// #endregion

// #region three-paths
function outcomeOf({ outcome, code, reason }: Decision): string {
  if (code === "budget_exceeded") return `BUDGET_DENY: ${reason}`;
  return outcome === "allow" ? "ALLOW (agt + budget both PASS)" : reason;
}

const exported = await gate.decide({ kind: "tool", name: "export_customers" }, { run });
const ledgerCalls = calls();
const sent = await gate.decide({ kind: "tool", name: "send_invoice", params: { amount: 120 } }, { run });
await sent.permit?.settle();
const again = await gate.decide({ kind: "tool", name: "send_invoice", params: { amount: 80 } }, { run });
await again.permit?.settle();
const tooMuch = await gate.decide({ kind: "tool", name: "send_invoice", params: { amount: 99 } }, { run });
// #endregion

assert.equal(outcomeOf(exported), "AGT_DENY: customer data stays in the house");
assert.deepEqual([ledgerCalls, exported.claims, exported.permit], [0, [], null]);
assert.equal(outcomeOf(sent), "ALLOW (agt + budget both PASS)");
assert.equal(sent.claims[0]?.amount, 400_000_000n);
assert.equal(
  outcomeOf(tooMuch),
  'BUDGET_DENY: budget "project" (agent=finance-bot) has $0.20 left of $1.00; this call can come to $0.40',
);
assert.equal(tooMuch.permit, null);
for (const decision of [exported, sent, tooMuch]) console.log(outcomeOf(decision));
console.log(`calls of the ledger for the first: ${ledgerCalls}`);

// A value that AGT would take for a number, a tool that is not on anybody's list, and an amount for a person.
const guessed = await gate.decide(
  { kind: "tool", name: "send_invoice", params: { amount: "9000" } },
  { run },
);
const large = await gate.decide({ kind: "tool", name: "send_invoice", params: { amount: 9000 } }, { run });
assert.match(guessed.reason, /^AGT_DENY: .*"large-invoices": params.amount is compared with a number/);
assert.deepEqual([large.outcome, large.approval?.approver], ["require_approval", "treasurer"]);

// #region reconcile
const trails = await reconcile(audit.getEntries(), gate.receipts());
console.log(
  `joined: ${trails.joined.length}, in one trail only: ${trails.onlyAgt.length + trails.onlyTollgate.length}`,
);
// #endregion
assert.equal(trails.ok, true);
assert.deepEqual(
  trails.joined.map(({ entries, receipt }) => [entries[0]?.decision, receipt.decision.outcome]),
  [
    ["deny", "deny"],
    ["allow", "allow"],
    ["allow", "allow"],
    ["allow", "deny"],
    ["deny", "deny"],
    ["review", "require_approval"],
  ],
);
// The end of AGT's log is gone, and AGT itself is content.
assert.equal((await reconcile(audit.getEntries().slice(0, -1), gate.receipts())).onlyTollgate.length, 1);
