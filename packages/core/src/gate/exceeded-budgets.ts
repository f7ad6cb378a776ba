import { formatAmount } from "../action/amounts.ts";
import type { Budget } from "../ledger/budget.ts";
import type { BudgetClaim } from "../ledger/claims.ts";
import type { Exceeded } from "../ledger/ledger.ts";
import { approve } from "./approve.ts";
import { type Attempt, type Finding, isFinding } from "./attempt.ts";
import type { GateCore } from "./gate-core.ts";
import { type Plan, rewrite } from "./plan-attempt.ts";

/** The budgets that the ledger refused for. */
export function budgetsOf(
  claims: readonly BudgetClaim[],
  exceeded: readonly Exceeded[],
): readonly ExceededBudget[] {
  return exceeded.flatMap((over) => {
    const found = claims.find(({ claim }) => claim.budget === over.claim.budget);
    return found === undefined ? [] : [{ over, budget: found.budget }];
  });
}

/** Whether a budget's limit is a hard one. */
export function isHard(budget: Budget): boolean {
  return budget.then === "deny" || budget.then === "stop";
}

/** A budget that an action does not fit into. */
export type ExceededBudget = { readonly over: Exceeded; readonly budget: Budget };

/** The refusal of the budgets that an action does not fit into. */
export function refusal(core: GateCore, plan: Plan, exceeded: readonly ExceededBudget[]): Finding {
  const hard = exceeded.filter(({ budget }) => isHard(budget));
  const named = hard.length > 0 ? hard : exceeded;
  const terminal = named.some(({ budget }) => budget.then === "stop");
  const reason = named.map(describeExceeded).join("; ");
  const rules = named.map(({ budget }) => budget.id);
  const why = { reason, rules, evaluators: plan.evaluators, exceeded: named.map(({ over }) => over) };
  if (hard.length > 0 || core.mode === "enforce") {
    return { ...why, outcome: "deny", code: "budget_exceeded", terminal };
  }
  // Shadow mode: what the softer limits would have done.
  const thens = named.map(({ budget }) => budget.then);
  if (thens.includes("require_approval")) {
    return { ...why, outcome: "require_approval", code: "approval_required", terminal: false };
  }
  if (thens.includes("skip")) return { ...why, outcome: "skip", code: "skipped", terminal: false };
  return { ...why, outcome: "degrade", code: "degraded", terminal: false };
}

function describeExceeded({ over }: ExceededBudget): string {
  const { claim, spent, held } = over;
  const limit = claim.limit ?? 0n;
  const left = limit - spent - held;
  const who = claim.partition === "" ? "" : ` (${claim.partition})`;
  const until = claim.endsAt === null ? "" : ` until ${new Date(claim.endsAt).toISOString()}`;
  const has = `${formatAmount(claim.unit, left < 0n ? 0n : left)} left of ${formatAmount(claim.unit, limit)}`;
  const open = held > 0n ? ` (${formatAmount(claim.unit, held)} held by open calls)` : "";
  return `budget "${claim.budget}"${who} has ${has}${open}${until}; this call can come to ${formatAmount(claim.unit, claim.amount)}`;
}

/**
 * Lets the soft limits that an action does not fit into have their say: a degrade first, since what it makes of
 * the action is what would be approved or skipped; then an approval, which overrules a skip; then a skip.
 *
 * Answers the plan to go on with and the budgets that are done: from now on they are only tracked.
 */
export async function hearSoftLimits(
  core: GateCore,
  attempt: Attempt,
  plan: Plan,
  exceeded: readonly ExceededBudget[],
  judgeAgain: (plan: Plan) => Promise<Plan | Finding>,
): Promise<{ readonly plan: Plan; readonly heard: readonly ExceededBudget[] } | Finding> {
  const soft = exceeded.filter(({ budget }) => !isHard(budget));
  const degrades = soft.filter(({ budget }) => budget.then === "degrade");
  if (degrades.length > 0) {
    const next = await degrade(attempt, plan, degrades, judgeAgain);
    return isFinding(next) ? next : { plan: next, heard: degrades };
  }
  // With a hard limit in the way there is nothing to ask for: it refuses once the soft ones are only tracked.
  if (soft.length < exceeded.length) return { plan, heard: soft };
  const { evaluators } = plan;
  const why = { ...explain(plan, soft), evaluators, exceeded: soft.map(({ over }) => over) };
  if (soft.some(({ budget }) => budget.then === "require_approval")) {
    const finding = await approve(core, attempt, plan, { ...why, approver: null, ttlMs: core.approvalTtlMs });
    return finding === null ? { plan, heard: soft } : { ...finding, evaluators, exceeded: why.exceeded };
  }
  return { ...why, outcome: "skip", code: "skipped", terminal: false };
}

async function degrade(
  attempt: Attempt,
  plan: Plan,
  degrades: readonly ExceededBudget[],
  judgeAgain: (plan: Plan) => Promise<Plan | Finding>,
): Promise<Plan | Finding> {
  const patches = degrades.flatMap(({ budget }) => (budget.degrade === undefined ? [] : [budget.degrade]));
  const next = rewrite({ ...plan, ...explain(plan, degrades) }, patches, attempt.accepts);
  // What a soft limit makes of an action is judged like any other.
  return isFinding(next) || next.digest === plan.digest ? next : judgeAgain(next);
}

function explain(plan: Plan, exceeded: readonly ExceededBudget[]): Pick<Plan, "reason" | "rules"> {
  return {
    reason: exceeded.map(describeExceeded).join("; "),
    rules: [...plan.rules, ...exceeded.map(({ budget }) => budget.id)],
  };
}
