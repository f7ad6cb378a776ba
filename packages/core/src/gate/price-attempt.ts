import type { Amounts } from "../action/amounts.ts";
import type { Subject } from "../action/subject.ts";
import { messageOf } from "../errors.ts";
import type { BudgetClaim } from "../ledger/claims.ts";
import type { CallRates } from "../pricing/call-rates.ts";
import { type Bound, boundAmounts } from "../pricing/estimate.ts";
import { type Attempt, denied, type Finding } from "./attempt.ts";
import type { GateCore } from "./gate-core.ts";
import type { Plan } from "./plan-attempt.ts";

/** What an action comes to before anything is held. */
export interface Priced {
  readonly rates: CallRates | null;
  readonly bounds: Amounts;
  readonly claims: readonly BudgetClaim[];
}

/** Prices the planned action, and finds what it claims of which budget. */
export function priceAttempt(
  core: GateCore,
  attempt: Attempt,
  { action, paramsJson, rules, evaluators }: Plan,
): Priced | Finding {
  const now = core.recorder.recordTime();
  let bound: Bound;
  try {
    const rates =
      action.kind === "tool" ? null : attempt.rules.prices.rates(action.provider, action.name, now);
    const toolPrice = action.kind === "tool" ? (attempt.rules.prices.toolPrice?.(action.name) ?? null) : null;
    bound = boundAmounts({ action, paramsJson, rates, toolPrice, counter: core.tokenCounter });
  } catch (error) {
    return denied("pricing_failed", `pricing failed: ${messageOf(error)}`, { evaluators, cause: error });
  }
  const unknown =
    attempt.rules.unpriced === "allow" ? bound.unknown.filter((unit) => unit !== "usd") : bound.unknown;
  const found = attempt.rules.claimsOf({
    subjects: actingSubjects(attempt),
    rootRun: attempt.run.root,
    now,
    action,
    amounts: bound.amounts,
    unknown,
  });
  switch (found.status) {
    case "missing_field":
      return denied(
        "missing_field",
        `budget "${found.budget.id}" needs the subject's ${found.field}, which this run does not have: open it with gate.run({ ${found.field}: ... })`,
        { rules: [...rules, found.budget.id], evaluators },
      );
    case "unknown_amount":
      return denied("unpriced", unpricedReason(found.budget.id, found.unit, action), {
        rules: [...rules, found.budget.id],
        evaluators,
      });
    case "claims":
      return { rates: bound.rates, bounds: bound.amounts, claims: found.claims };
  }
}

/**
 * Whose budgets the attempt draws on: its own subject's, which can be its alone, then its run's ancestors'.
 *
 * Each in the role that the policy gives it, whatever role it claims: nobody asks evaluators about ancestors.
 */
function actingSubjects({ action, run, rules }: Attempt): readonly Subject[] {
  return [action.subject, ...run.subjects.slice(1)].map(rules.inRole);
}

function unpricedReason(budget: string, unit: string, action: Plan["action"]): string {
  const what = `budget "${budget}" counts ${unit}, but how much this ${action.kind} call can come to is not known`;
  if (action.kind === "llm" && action.maxOutputTokens === undefined) {
    return `${what}: give the call an output limit, or the gate a maxOutputTokens`;
  }
  const model = action.provider === undefined ? action.name : `${action.provider}/${action.name}`;
  return `${what}: no price is known for "${model}"; give one in prices.models, give the action amounts: { ${unit}: ... }, or set unpriced: "allow"`;
}
