// docs/concepts/the-sequence.md: what happens to one action, and three ways to go through the gate.
import { strict as assert } from "node:assert";
import { type Action, createGate, gateBudget, guard, type Receipt } from "@tollgate/core";
import { denyTools } from "@tollgate/core/evaluators";

const prompt = "How was the quarter?";

/** Stands for a provider's client. */
async function callModel(_action: Action) {
  return { text: "Well.", usage: { input: 900, output: 150 } };
}

// #region guard
const gate = createGate({
  budgets: [{ id: "daily", limit: "$5.00", per: "day", by: ["user"] }],
  evaluators: [denyTools(["shell_*"])],
});
const run = gate.run({ tenant: "acme", user: "alice", agent: "finance-bot" });

const answer = await guard(
  run,
  { kind: "llm", provider: "openai", name: "gpt-4o", params: { prompt }, maxOutputTokens: 500 },
  (permit) => callModel(permit.action),
  { usage: ({ usage }) => ({ usage: { inputTokens: usage.input, outputTokens: usage.output } }) },
);
// #endregion

assert.equal(answer.text, "Well.");
// 900 x $2.50 and 150 x $10.00 per million.
assert.equal((await gate.balances())[0]?.spent, 3_750_000n);

// #region permit
const permit = await gateBudget(run, { kind: "tool", name: "send_mail", params: { to: "bob" } });
permit.hold();
try {
  await sendMail(permit.action.params);
} finally {
  await permit.settle();
}
// #endregion

// #region decide
const decision = await gate.decide({ kind: "tool", name: "shell_exec" }, { run });
if (decision.permit === null) {
  console.log(decision.outcome, decision.code, decision.reason);
}
// #endregion
assert.deepEqual(
  [decision.outcome, decision.code, decision.rules],
  ["deny", "policy_denied", ["deny-tools/shell_*"]],
);

async function sendMail(_params: unknown): Promise<void> {
  // The decision is on record before the effect begins; its settlement is not yet.
  assert.equal((await last()).body.type, "decision");
}

async function last(): Promise<Receipt> {
  const receipts: Receipt[] = [];
  for await (const receipt of gate.receipts()) receipts.push(receipt);
  return receipts.at(-1) as Receipt;
}

// What policy denies touches no balance, and one receipt says so.
const refused = await last();
assert.ok(refused.body.type === "decision" && refused.body.reservation === null);
assert.deepEqual(refused.body.claims, []);
await gate.close();
