import { type PolicyAction, PolicyEngine, type PolicyRule } from "@microsoft/agent-governance-sdk";

/** A rich rule by its name, its condition and what it does. */
export function rule(
  name: string,
  condition: string | undefined,
  ruleAction: PolicyAction,
  more: Partial<PolicyRule> = {},
): PolicyRule {
  return { name, ruleAction, ...(condition === undefined ? {} : { condition }), ...more };
}

/** A real engine with one policy, which allows what no rule is about. */
export function engineOf(...rules: readonly PolicyRule[]): PolicyEngine {
  const engine = new PolicyEngine();
  engine.loadPolicy({ name: "house", agents: ["*"], default_action: "allow", rules: [...rules] });
  return engine;
}

/** Whether the real engine fires a rule with this condition. */
export function fires(condition: string, context: Record<string, unknown>): boolean {
  const engine = engineOf(rule("only", condition, "deny"));
  return engine.evaluatePolicy("bot", context).action === "deny";
}
