// The second way: an application that asks AGT in a callback of its own gets one more line there.
import { strict as assert } from "node:assert";
import { PolicyEngine } from "@microsoft/agent-governance-sdk";
import { createGate, findDenial, gateBudget, type Permit } from "@tollgate/core";
import { policy } from "./policy.ts";

const engine = new PolicyEngine();
engine.loadYaml(policy);
const gate = createGate({
  budgets: [{ id: "project", limit: "$1.00", by: ["agent"] }],
  prices: { tools: { send_invoice: "$0.40" } },
});
const run = gate.run({ agent: "finance-bot" });
const refused: string[] = [];

// #region callback
async function beforeToolCall(tool: string, params: Record<string, unknown>): Promise<Permit> {
  const answer = await engine.evaluatePolicyWithBackends("finance-bot", { tool, params });
  if (answer.effectiveDecision !== "allow") throw new Error(`AGT: ${answer.effectivePolicyResult?.reason}`);
  return gateBudget(run, { kind: "tool", name: tool, params }); // the one line
}

for (const amount of [120, 80, 99]) {
  try {
    const permit = await beforeToolCall("send_invoice", { amount });
    // ... the tool's own call ...
    await permit.settle();
  } catch (error) {
    refused.push(findDenial(error)?.refusal.reason ?? String(error));
  }
}
// #endregion

assert.deepEqual(refused, [
  'budget "project" (agent=finance-bot) has $0.20 left of $1.00; this call can come to $0.40',
]);
await assert.rejects(beforeToolCall("export_customers", {}), /AGT: customer data stays in the house/);
const [balance] = await gate.balances();
assert.deepEqual([balance?.spent, balance?.held], [800_000_000n, 0n]);
