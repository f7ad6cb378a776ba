import {
  createGate,
  createSigner,
  type Decision,
  type Evaluator,
  memoryLog,
  type Patch,
  type PolicyInForce,
  type Verdict,
} from "@tollgate/core";
import { nearestName } from "@tollgate/core/policy";
import { listed } from "../cel/known-names.ts";
import { InvalidPolicy } from "../document/problem.ts";
import type { Explanation, Policy } from "../policy.ts";
import { caseLedger } from "./case-ledger.ts";
import { contextOf, type PolicyCase } from "./policy-case.ts";

/**
 * Decides a case as a gate does: by roles, capabilities and rules in the case's situation, then by prices and the limits
 * of budgets over where the case says they stand.
 *
 * @throws InvalidPolicy when the case names a budget that the policy has not, or in another unit.
 */
export async function decideCase(policy: Policy, each: PolicyCase): Promise<Explanation> {
  checkStands(policy, each);
  const asked = await policy.explain(each.action, contextOf(each));
  // Budgets are not asked about what does not get that far.
  if (asked.verdict.decision !== "allow" && asked.verdict.decision !== "degrade") return asked;
  const decision = await gateOf(policy, each).decide(inputOf(each), {
    subject: each.action.subject,
    accepts: ["model", "provider", "params", "maxOutputTokens"],
  });
  if (
    decision.code === "allowed" ||
    (decision.outcome === "degrade" && asked.verdict.decision === "degrade")
  ) {
    return asked;
  }
  return { verdict: verdictOf(decision, each), by: deciderOf(decision), rules: asked.rules };
}

function checkStands(policy: Policy, { file, line, budgets }: PolicyCase): void {
  const units = policy.budgetUnits;
  const problems = [...budgets].flatMap(([id, { unit }]) => {
    const own = units.get(id);
    if (own === unit) return [];
    const known = [...units.keys()].sort();
    const meant = nearestName(id, known);
    const hint = meant === null ? `there are ${listed(known)}` : `did you mean "${meant}"?`;
    const message =
      own === undefined
        ? `the policy has no budget "${id}"; ${hint}`
        : `budget "${id}" is in ${own}, and stands in ${unit} here; write an amount in ${own}`;
    return [{ file, line, column: 1, message }];
  });
  if (problems.length > 0) throw new InvalidPolicy(problems);
}

function gateOf(policy: Policy, each: PolicyCase): ReturnType<typeof createGate> {
  const inForce = policy.policy();
  const { run, balances } = contextOf(each);
  const inSituation = (evaluator: Evaluator): Evaluator => ({
    name: evaluator.name,
    evaluate: (action, context) => evaluator.evaluate(action, { ...context, run, balances }),
  });
  const situated: PolicyInForce = { ...inForce, evaluators: (inForce.evaluators ?? []).map(inSituation) };
  return createGate({
    policy: () => situated,
    ledger: caseLedger(each),
    log: memoryLog({ maxReceipts: 1 }),
    signer: createSigner(),
    clock: { now: () => each.now, setTimer: () => null, clearTimer: () => undefined },
  });
}

function inputOf({ action }: PolicyCase): Parameters<ReturnType<typeof createGate>["decide"]>[0] {
  const { subject: _subject, step: _step, attempt: _attempt, ...input } = action;
  return input;
}

/** What decided it: the part of the policy that the decision's code is of. */
function deciderOf({ code, rules }: Decision): string {
  if (code === "unpriced" || code === "pricing_failed") return "prices";
  return code === "policy_denied" ? (rules[0]?.split("/")[0] ?? "policy") : "budgets";
}

function verdictOf(
  { outcome, terminal, reason, rules, action, result }: Decision,
  each: PolicyCase,
): Verdict {
  const last = rules.at(-1);
  const why = { reason, ...(last === undefined ? {} : { rule: last.replace(/^policy[^/]*\//, "") }) };
  switch (outcome) {
    case "skip":
      return { decision: "skip", ...why, ...(result === undefined ? {} : { result }) };
    case "degrade": {
      // The gate tells why it went through, which is no reason for what was changed.
      const limit = `budget "${last}" is at its soft limit`;
      return { decision: "degrade", ...why, reason: limit, patch: patchOf(action, each.action) };
    }
    case "deny":
      return { decision: "deny", ...why, ...(terminal ? { terminal } : {}) };
    default:
      return { decision: outcome, ...why };
  }
}

/** What a budget changed about an action. */
function patchOf(now: Decision["action"], before: Decision["action"]): Patch {
  return {
    ...(now.name === before.name ? {} : { model: now.name }),
    ...(now.provider === before.provider || now.provider === undefined ? {} : { provider: now.provider }),
    ...(now.maxOutputTokens === before.maxOutputTokens || now.maxOutputTokens === undefined
      ? {}
      : { maxOutputTokens: now.maxOutputTokens }),
  };
}
