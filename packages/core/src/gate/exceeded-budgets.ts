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
export function refusal(core: GateCore, exceeded: readonly ExceededBudget[]): Finding {
  const hard = exceeded.filter(({ budget }) => isHard(budget));
  const named = hard.length > 0 ? hard : exceeded;
  const terminal = named.some(({ budget }) => budget.then === "stop");
  const reason = named.map(describeExceeded).join("; ");
  const rules = named.map(({ budget }) => budget.id);
  const why = { reason, rules, exceeded: named.map(({ over }) => over) };
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

/** Lets the soft limits that an action does not fit into have their say: skip, then approval, then degrade. */
export async function hearSoftLimits(
  core: GateCore,
  attempt: Attempt,
  plan: Plan,
  exceeded: readonly ExceededBudget[],
  judgeAgain: (plan: Plan) => Promise<Plan | Finding>,
): Promise<Plan | Finding> {
  const reason = exceeded.map(describeExceeded).join("; ");
  const rules = [...plan.rules, ...exceeded.map(({ budget }) => budget.id)];
  const { evaluators } = plan;
  const overs = exceeded.map(({ over }) => over);
  if (exceeded.some(({ budget }) => budget.then === "require_approval")) {
    const need = { reason, rules, approver: null, ttlMs: core.approvalTtlMs };
    const finding = approve(core, attempt, need);
    if (finding !== null) return { ...finding, evaluators, exceeded: overs };
  }
  if (exceeded.some(({ budget }) => budget.then === "skip")) {
    return {
      outcome: "skip",
      code: "skipped",
      reason,
      rules,
      evaluators,
      exceeded: overs,
      terminal: false,
    };
  }
  const patches = exceeded.flatMap(({ budget }) => (budget.degrade === undefined ? [] : [budget.degrade]));
  const next = rewrite({ ...plan, reason, rules }, patches, attempt.accepts);
  // What a soft limit makes of an action is judged like any other.
  return isFinding(next) || next.digest === plan.digest ? next : judgeAgain(next);
}
