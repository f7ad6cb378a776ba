import { namePattern } from "../../src/action/name-pattern.ts";
import { capabilityTiers } from "../../src/evaluate/capability-tiers.ts";
import { evaluator } from "../../src/evaluate/custom.ts";
import type { Evaluator, Verdict } from "../../src/evaluate/evaluator.ts";
import { allowModels, denyModels } from "../../src/evaluate/model-lists.ts";
import { allowTools, denyTools } from "../../src/evaluate/tool-lists.ts";
import type { ScenarioRule } from "./scenario.ts";

/** The evaluator of a scenario's rule; it has the rule's name. */
export function evaluatorOf(rule: ScenarioRule): Evaluator {
  const options = "terminal" in rule ? { terminal: rule.terminal === true } : {};
  switch (rule.rule) {
    case "allow-tools":
      return allowTools(rule.patterns, options);
    case "deny-tools":
      return denyTools(rule.patterns, options);
    case "allow-models":
      return allowModels(rule.patterns, options);
    case "deny-models":
      return denyModels(rule.patterns, options);
    case "capability-tiers": {
      const { rule: _name, ...tiers } = rule;
      return capabilityTiers(tiers as unknown as Parameters<typeof capabilityTiers>[0]);
    }
    case "approve":
      return onMatch(rule, (pattern) => ({
        decision: "require_approval",
        rule: pattern,
        reason: "asks a person",
      }));
    case "skip":
      return onMatch(rule, (pattern) => ({ decision: "skip", rule: pattern, reason: "is not needed" }));
    case "degrade":
      return onMatch(rule, (pattern) => ({
        decision: "degrade",
        rule: pattern,
        reason: "is too good",
        patch: rule.patch,
      }));
  }
}

function onMatch(
  { rule, patterns }: { readonly rule: string; readonly patterns: readonly string[] },
  verdict: (pattern: string) => Verdict,
): Evaluator {
  const match = namePattern(patterns, "patterns");
  return evaluator(rule, ({ name }) => {
    const pattern = match(name);
    return pattern === null ? { decision: "allow" } : verdict(pattern);
  });
}
