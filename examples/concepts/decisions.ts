// docs/concepts/decisions.md: the five outcomes, terminal denies, the stop latch, child runs.
import { strict as assert } from "node:assert";
import { ActionDenied, createGate, findDenial, gateBudget } from "@tollgate/core";
import { allowModels, capabilityTiers, evaluator } from "@tollgate/core/evaluators";

// #region evaluators
const houseRules = evaluator("house-rules", (action, { run }) => {
  if (run.steps > 50) return { decision: "deny", terminal: true, reason: "50 steps are enough" };
  switch (action.name) {
    case "pay_invoice":
      return { decision: "require_approval", approver: "treasurer", reason: "payments need a person" };
    case "send_newsletter":
      return { decision: "skip", result: "not sent", reason: "no newsletters from agents" };
    case "gpt-4o":
      return { decision: "degrade", patch: { maxOutputTokens: 1000 }, reason: "be brief" };
    default:
      return { decision: "allow" };
  }
});

const gate = createGate({
  evaluators: [
    allowModels(["gpt-4o*"]),
    capabilityTiers({ tools: { pay_invoice: "payment_execute", "send_*": "data_write", "*": "read_only" } }),
    houseRules,
  ],
});
// #endregion

const run = gate.run({ user: "alice", capability: "payment_execute" });
const outcomeOf = async (kind: "llm" | "tool", name: string, maxOutputTokens?: number) => {
  const action = { kind, name, params: {}, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) };
  return await gate.decide(action, { run, accepts: ["maxOutputTokens"] });
};
assert.equal((await outcomeOf("tool", "search")).outcome, "allow");
assert.equal((await outcomeOf("llm", "o3")).code, "policy_denied");
const skipped = await outcomeOf("tool", "send_newsletter");
assert.deepEqual([skipped.outcome, skipped.result, skipped.permit], ["skip", "not sent", null]);
const asked = await outcomeOf("tool", "pay_invoice");
assert.deepEqual([asked.outcome, asked.approval?.approver], ["require_approval", "treasurer"]);
const degraded = await outcomeOf("llm", "gpt-4o");
assert.deepEqual([degraded.outcome, degraded.permit?.action.maxOutputTokens], ["degrade", 1000]);
// A patch that changes nothing leaves an allow.
assert.equal((await outcomeOf("llm", "gpt-4o", 800)).outcome, "allow");
// Who has not said that the patch can be applied is denied.
const unable = await gate.decide({ kind: "llm", name: "gpt-4o" }, { run });
assert.equal(unable.code, "degrade_failed");

// #region stop
const parent = gate.run({ id: "invoice-run-7", user: "alice", capability: "read_only" });
const child = parent.child({ agent: "researcher" });

await gate.stop("invoice-run-7", "pulled by the operator");

await assert.rejects(gateBudget(child, { kind: "tool", name: "search" }), (error) => {
  const denial = findDenial(error);
  return denial instanceof ActionDenied && denial.terminal && denial.refusal.reasonCode === "run_stopped";
});
// #endregion
assert.equal(parent.stopped, "pulled by the operator");
assert.equal(gate.run({ id: "invoice-run-7" }).stopped, "pulled by the operator");
// By id, a stop reaches what is below that run, not what is above it.
const above = gate.run({ capability: "read_only" });
const below = above.child({ id: "helper-3" });
await gate.stop("helper-3", "too slow");
assert.deepEqual([below.stopped, above.stopped], ["too slow", null]);
// By handle it reaches the whole family.
await above.child().stop("enough");
assert.equal(above.stopped, "enough");

// A terminal deny stops the root of its run.
const looping = gate.run({ capability: "read_only" });
const deep = looping.child().child();
for (let step = 0; step < 50; step++) await gate.decide({ kind: "tool", name: "search" }, { run: deep });
const end = await gate.decide({ kind: "tool", name: "search" }, { run: deep });
assert.deepEqual([end.outcome, end.terminal, looping.stopped], ["deny", true, "50 steps are enough"]);
const types: string[] = [];
for await (const { body } of gate.receipts({ run: looping.id })) types.push(body.type);
assert.equal(types.includes("stop"), false);

// The children of a run draw on its budgets.
// #region children
const shared = createGate({
  budgets: [
    { id: "task", limit: "$1.00", per: "run" },
    { id: "agent", limit: "$5.00", by: ["agent"] },
  ],
});
const lead = shared.run({ agent: "lead" });
const helper = lead.child({ agent: "helper" });
await gateBudget(helper, { kind: "tool", name: "search", amounts: { usd: "$0.40" } });
// #endregion
assert.deepEqual(
  (await shared.balances()).map(({ budget, partition, window, held }) => [budget, partition, window, held]),
  [
    ["task", "", `run:${lead.id}`, 400_000_000n],
    ["agent", "agent=helper", "total", 400_000_000n],
    ["agent", "agent=lead", "total", 400_000_000n],
  ],
);
