// docs/concepts/approvals.md: asking, granting, and what a grant is good for.
import { strict as assert } from "node:assert";
import { ApprovalRequired, createGate, gateBudget } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";

const payments = evaluator("payments", ({ name }) =>
  name === "pay"
    ? { decision: "require_approval", approver: "treasurer", reason: "payments need a person" }
    : { decision: "allow" },
);
const gate = createGate({ evaluators: [payments] });

// #region ask
const run = gate.run({ id: "thread-7", user: "alice" });
const pay = { kind: "tool", name: "pay", params: { to: "bob", amount: 120 } } as const;

try {
  await gateBudget(run, pay);
} catch (error) {
  if (!(error instanceof ApprovalRequired)) throw error;
  console.log(error.approvalId, error.refusal.reason);
}
// #endregion

// #region answer
for (const { id, action, subject, reason, approver } of await gate.approvals.list()) {
  console.log(id, action.name, subject.user, reason, approver);
  await gate.approvals.grant(id, { by: "carol", reason: "invoice checked" });
}
// #endregion

// Only the very action that was asked about, in its own run.
await assert.rejects(gateBudget(run, { ...pay, params: { to: "mallory", amount: 120 } }), ApprovalRequired);
await assert.rejects(gateBudget(gate.run({ user: "alice" }), pay), ApprovalRequired);

// #region use
const permit = await gateBudget(gate.run({ id: "thread-7", user: "alice" }), pay);
// #endregion
await permit.settle();
// And once.
await assert.rejects(gateBudget(run, pay), ApprovalRequired);

const steps: string[] = [];
for await (const { body } of gate.receipts({ run: "thread-7" })) {
  steps.push(body.type === "approval" ? body.status : body.type);
}
assert.deepEqual(steps, [
  "decision", // require_approval
  "requested",
  "granted",
  "decision", // mallory's
  "requested",
  "decision", // allow
  "used",
  "settlement",
  "decision", // require_approval again
  "requested",
]);
