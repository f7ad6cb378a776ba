import type { Verdict } from "@tollgate/core";
import type { Explanation, Policy } from "../policy.ts";
import { decideCase } from "./decide-case.ts";
import type { Expectation, PolicyCase } from "./policy-case.ts";

/** What became of one case. */
export interface CaseResult {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly passed: boolean;
  readonly expected: Expectation | null;
  readonly answered: Expectation;
  /** The rule, or the budget by its limit, that was to decide, and the one that did. */
  readonly expectedRule: string | null;
  readonly rule: string | null;
  readonly reason: string;
}

/** What became of all cases, and which rules none of them reaches. */
export interface PolicyTest {
  readonly results: readonly CaseResult[];
  readonly failed: number;
  readonly rules: readonly string[];
  /** The rules that matched in no case: nothing is known of them. */
  readonly uncovered: readonly string[];
}

/**
 * Asks a policy about each case, as a gate would: prices and limits of budgets, too.
 *
 * @throws InvalidPolicy for a case that names a budget which the policy has not.
 */
export async function testPolicy(policy: Policy, cases: readonly PolicyCase[]): Promise<PolicyTest> {
  const matched = new Set<string>();
  const results: CaseResult[] = [];
  for (const each of cases) {
    const { verdict, rules } = await explainCase(policy, each);
    for (const { rule, answer } of rules) if (answer === "matched") matched.add(rule);
    const answered = expectationOf(verdict);
    const rule = verdict.rule ?? null;
    const isExpected = each.expect === null || each.expect === answered;
    results.push({
      name: each.name,
      file: each.file,
      line: each.line,
      passed: isExpected && (each.rule === null || each.rule === rule),
      expected: each.expect,
      answered,
      expectedRule: each.rule,
      rule,
      reason: verdict.reason ?? "",
    });
  }
  return {
    results,
    failed: results.filter(({ passed }) => !passed).length,
    rules: policy.ruleIds,
    uncovered: policy.ruleIds.filter((id) => !matched.has(id)),
  };
}

/** Tells how a policy answers one case. @throws InvalidPolicy as {@link testPolicy} does */
export function explainCase(policy: Policy, each: PolicyCase): Promise<Explanation> {
  return decideCase(policy, each);
}

/** A verdict in the words of a policy: a terminal deny is a stop. */
function expectationOf(verdict: Verdict): Expectation {
  return verdict.decision === "deny" && verdict.terminal === true ? "stop" : verdict.decision;
}
