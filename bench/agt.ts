import { AuditLogger, PolicyEngine } from "@microsoft/agent-governance-sdk";
import { agtEvaluator } from "@tollgate/agt";
import { createGate, type Evaluator } from "@tollgate/core";
import { denyTools } from "@tollgate/core/evaluators";
import { permitOf, toolCall } from "./measured-gate.ts";
import { prepared, type Row, type SampledRow } from "./sampler.ts";

const agent = "finance-bot";

/** How many rules a policy has, in rows side by side. */
const ruleCounts = [10, 100, 1000] as const;

/**
 * Microsoft's Agent Governance Toolkit, beside a gate with the same policy, and below one.
 *
 * AGT judges and enters its answer in its log in memory; the gate judges, prices, holds money in two budgets and
 * signs a receipt. The policy denies all but one of so many tools by their names.
 */
export function agtRows(): readonly (Row | SampledRow)[] {
  return [
    ...ruleCounts.flatMap((count) => [
      evaluateRow(count),
      decideRow(`decide_${count}_rules`, count, denyList(count)),
    ]),
    decideRow("decide_no_rules", 1, []),
    decideRow("decide_agt_10_rules", 10, [agtEvaluator(engineOf(10), { audit: auditLog() })]),
  ];
}

/** A policy of AGT's rich form; the rule that lets the measured call through is its last. */
export function engineOf(count: number): PolicyEngine {
  const engine = new PolicyEngine();
  engine.loadPolicy({
    apiVersion: "governance.toolkit/v1",
    name: "bench",
    agents: ["*"],
    default_action: "deny",
    rules: [
      ...forbidden(count).map((name, index) => ({
        name: `deny-${index}`,
        condition: `tool == '${name}'`,
        ruleAction: "deny" as const,
      })),
      { name: "allow", condition: `tool == '${toolCall.name}'`, ruleAction: "allow" as const },
    ],
  });
  return engine;
}

function evaluateRow(count: number): SampledRow {
  const engine = engineOf(count);
  const audit = auditLog();
  return {
    ...prepared<void, void>({
      name: `agt_evaluate_log_${count}_rules`,
      call() {
        const { allowed } = engine.evaluatePolicy(agent, { tool: toolCall.name, params: toolCall.params });
        if (!allowed) throw new Error("the peer's policy refuses the call");
        audit.log({ agentId: agent, action: toolCall.name, decision: "allow" });
      },
    }),
    calls: callsOf(count),
  };
}

function decideRow(name: string, count: number, evaluators: readonly Evaluator[]): SampledRow {
  const gate = createGate({
    evaluators,
    prices: { tools: { "payments.*": "$0.02" } },
    budgets: [
      { id: "money", limit: "$1000000", per: "day", by: ["user"] },
      { id: "calls", limit: "1G calls", per: "hour" },
    ],
  });
  const run = gate.run({ user: "alice", agent });
  return {
    ...prepared({
      name,
      call: () => gate.decide(toolCall, { run }),
      after: (decision) => permitOf(decision).settle(),
    }),
    calls: callsOf(count),
  };
}

function denyList(count: number): readonly Evaluator[] {
  return [denyTools(forbidden(count))];
}

function forbidden(count: number): readonly string[] {
  return Array.from({ length: count - 1 }, (_, index) => `drop_${index}`);
}

/** At its limit AGT's log copies itself for each entry; here it never gets there. */
function auditLog(): AuditLogger {
  return new AuditLogger({ maxEntries: 1_000_000 });
}

/** A thousand rules take AGT most of a millisecond. */
function callsOf(count: number): number {
  return count >= 1000 ? 20 : 200;
}
