import type { Action, EvaluationContext } from "@tollgate/core";
import { loadPolicy } from "@tollgate/policy";
import type { Row } from "./sampler.ts";

/** How many rules are about each tool: with ten times the rules there are ten times the tools. */
const rulesForEach = 4;

/** Rules that look at every action. */
const general = [
  "run.repeats >= 1000 || run.steps > 1000000",
  'run.spent > usd("$1000000") && run.seconds < 60',
  'has(subject.role) && subject.role == "guest"',
  'action.kind == "tool" && params.reason.matches("^(test|demo)")',
];

/** So many conditions, of which four look at every action and four at the tool's own. */
function ofManyTools(rules: number): readonly string[] {
  const own = Array.from({ length: rules - general.length }, (_, index) => {
    const tool = Math.floor(index / rulesForEach);
    const most = 1000 + (index % rulesForEach);
    return `action.kind == "tool" && action.name == "tool_${tool}" && params.amount > ${most} && params.currency in ["EUR", "USD"]`;
  });
  return [...general, ...own];
}

/** So many conditions that tell nothing of kinds and names: each has to be evaluated. */
function ofEverything(rules: number): readonly string[] {
  return Array.from(
    { length: rules },
    (_, index) => `params.amount > ${1000 + index} && run.calls > ${index}`,
  );
}

const context: EvaluationContext = {
  decision: "d",
  run: { id: "r", root: "r", steps: 5, calls: 4, repeats: 1, spent: 5_000_000_000n, startedAt: Date.now() },
  now: Date.now(),
  balances: () => [],
  signal: new AbortController().signal,
};

const action: Action = {
  kind: "tool",
  name: "tool_1",
  params: { invoice: "INV-2026-00417", amount: 120, currency: "EUR", reason: "duplicate charge" },
  amounts: {},
  subject: { tenant: "acme", user: "alice", agent: "finance-bot", role: "clerk" },
};

/** What the rules of policies cost for one action that passes, without the rest of the decision. */
export function policyRows(): readonly Row[] {
  return [
    ...[10, 100, 1000].map((rules) => row(`policy_${rules}_rules`, ofManyTools(rules))),
    ...[100, 1000].map((rules) => row(`policy_${rules}_general_rules`, ofEverything(rules))),
  ];
}

function row(name: string, conditions: readonly string[]): Row {
  const rules = conditions.map(
    (when, index) => `  - { id: rule-${index}, when: '${when}', then: deny, reason: too much }`,
  );
  const [evaluator] = loadPolicy(`version: 1\nrules:\n${rules.join("\n")}\n`).policy().evaluators ?? [];
  const verdict = evaluator?.evaluate(action, context);
  if (
    evaluator === undefined ||
    verdict === undefined ||
    !("decision" in verdict) ||
    verdict.decision !== "allow"
  ) {
    throw new Error("the bench is of actions that pass");
  }
  return { name, call: () => evaluator.evaluate(action, context) };
}
