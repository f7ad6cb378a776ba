// The third way: the gate decides beside AGT, for applications that must not wait for one after the other.
import { strict as assert } from "node:assert";
import { PolicyEngine } from "@microsoft/agent-governance-sdk";
import { createGate, type Permit } from "@tollgate/core";
import { policy } from "./policy.ts";

const engine = new PolicyEngine();
engine.loadYaml(policy);
const gate = createGate({
  budgets: [{ id: "project", limit: "$1.00", by: ["agent"] }],
  prices: { tools: { send_invoice: "$0.40", export_customers: "$0.40" } },
});
const run = gate.run({ agent: "finance-bot" });

// #region parallel
async function admit(tool: string, params: Record<string, unknown>): Promise<Permit> {
  const [agt, decision] = await Promise.allSettled([
    engine.evaluatePolicyWithBackends("finance-bot", { tool, params }),
    gate.decide({ kind: "tool", name: tool, params }, { run }),
  ]);
  const permit = decision.status === "fulfilled" ? decision.value.permit : null;
  if (agt.status === "rejected" || agt.value.effectiveDecision !== "allow") {
    await permit?.release("AGT did not allow it");
    throw new Error("AGT did not allow it");
  }
  if (permit === null) throw new Error("the budget did not allow it");
  return permit;
}
// #endregion

await (await admit("send_invoice", { amount: 120 })).settle();
await assert.rejects(admit("export_customers", {}), /AGT did not allow it/);
const [balance] = await gate.balances();
assert.deepEqual([balance?.spent, balance?.held], [400_000_000n, 0n]);
await (await admit("send_invoice", { amount: 80 })).settle();
await assert.rejects(admit("send_invoice", { amount: 99 }), /the budget did not allow it/);
