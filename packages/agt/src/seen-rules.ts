import type { Policy, PolicyRule } from "@microsoft/agent-governance-sdk";

/** What an engine had loaded when it was last looked over. */
export interface SeenRules {
  readonly policies: readonly SeenPolicy[];
  readonly flat: readonly SeenRule[];
}

interface SeenPolicy {
  readonly policy: Policy;
  /** The members that decide how the policy is read, as they were. */
  readonly was: Policy;
  readonly agents: readonly string[];
  readonly rules: readonly SeenRule[];
}

interface SeenRule {
  readonly rule: PolicyRule;
  readonly was: PolicyRule;
}

/** Notes what is loaded, by itself and as it is now: policies and rules can be changed in place. */
export function seeRules(policies: readonly Policy[], flat: readonly PolicyRule[]): SeenRules {
  return {
    policies: policies.map((policy) => ({
      policy,
      was: { ...policy },
      agents: [...(policy.agents ?? [])],
      rules: Array.isArray(policy.rules) ? policy.rules.map(see) : [],
    })),
    flat: flat.map(see),
  };
}

function see(rule: PolicyRule): SeenRule {
  return { rule, was: { ...rule } };
}

/** Whether all that is loaded is as it was. Most calls find it so: nothing is made on the way. */
export function areAsSeen(
  seen: SeenRules,
  policies: readonly Policy[],
  flat: readonly PolicyRule[],
): boolean {
  if (policies.length !== seen.policies.length) return false;
  for (let at = 0; at < policies.length; at++) {
    if (!isAsSeen(seen.policies[at] as SeenPolicy, policies[at] as Policy)) return false;
  }
  return rulesAreAsSeen(seen.flat, flat);
}

function isAsSeen({ policy, was, agents, rules }: SeenPolicy, now: Policy): boolean {
  if (now !== policy || now.agent !== was.agent || now.scope !== was.scope) return false;
  if (now.default_action !== was.default_action || now.rules !== was.rules) return false;
  const named = now.agents ?? [];
  if (named.length !== agents.length || !agents.every((agent, at) => agent === named[at])) return false;
  return !Array.isArray(now.rules) || rulesAreAsSeen(rules, now.rules);
}

function rulesAreAsSeen(seen: readonly SeenRule[], rules: readonly PolicyRule[]): boolean {
  if (rules.length !== seen.length) return false;
  for (let at = 0; at < rules.length; at++) {
    const { rule, was } = seen[at] as SeenRule;
    const now = rules[at] as PolicyRule;
    if (now !== rule) return false;
    if (typeof now === "object" && now !== null && !isSame(now, was)) return false;
  }
  return true;
}

function isSame(now: PolicyRule, was: PolicyRule): boolean {
  return (
    now.name === was.name &&
    now.condition === was.condition &&
    now.conditions === was.conditions &&
    now.action === was.action &&
    now.effect === was.effect &&
    now.ruleAction === was.ruleAction &&
    now.limit === was.limit &&
    now.priority === was.priority &&
    now.enabled === was.enabled &&
    now.surfaces === was.surfaces &&
    now.approvers === was.approvers
  );
}
