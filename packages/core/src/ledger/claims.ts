import type { Action } from "../action/action.ts";
import type { Amounts } from "../action/amounts.ts";
import type { Subject, SubjectField } from "../action/subject.ts";
import type { Budget } from "./budget.ts";
import { createMatcher } from "./budget-match.ts";
import type { Claim } from "./ledger.ts";
import { partitionOf } from "./partition.ts";
import { createWindows } from "./window.ts";

/** An action about to be paid for. */
export interface ClaimsRequest {
  /**
   * The acting run's own subject first, then its ancestors': a child run draws on its parents' budgets too.
   */
  readonly subjects: readonly Subject[];
  /** The id of the topmost run: budgets per run are the root's. */
  readonly rootRun: string;
  /** Epoch milliseconds; says which windows are current. */
  readonly now: number;
  readonly action: Pick<Action, "kind" | "name">;
  /** Upper bounds by unit. */
  readonly amounts: Amounts;
  /** Units that the action uses too, but nobody knows how much: usd of a model without a price. */
  readonly unknown: readonly string[];
}

/** A claim and the budget that it comes from. */
export interface BudgetClaim {
  readonly claim: Claim;
  readonly budget: Budget;
}

/** What an action claims, or why that cannot be said. */
export type ClaimsResult =
  | { readonly status: "claims"; readonly claims: readonly BudgetClaim[] }
  | {
      /** The acting subject lacks a field that the budget matches or is partitioned by. */
      readonly status: "missing_field";
      readonly budget: Budget;
      readonly field: SubjectField;
    }
  | {
      /** The budget counts a unit whose upper bound is not known. */
      readonly status: "unknown_amount";
      readonly budget: Budget;
      readonly unit: string;
    };

/** Works out an action's claims; see {@link createClaims}. */
export type ClaimsOf = (request: ClaimsRequest) => ClaimsResult;

/**
 * Makes the function that tells which budgets an action draws on, and how much of each.
 *
 * There is one claim for every distinct partition of a budget over all subjects that it counts. What the
 * action is comes first: a budget for LLM calls, or in a unit the action does not use, needs nothing of a
 * tool call's subject. An ancestor that lacks a needed field is passed over; the acting subject must have it.
 */
export function createClaims(budgets: readonly Budget[]): ClaimsOf {
  const windowAt = createWindows();
  const lines = budgets.map((budget) => ({
    budget,
    matcher: createMatcher(budget),
    soft: budget.then === "degrade" || budget.then === "skip" || budget.then === "require_approval",
  }));
  return ({ subjects, rootRun, now, action, amounts, unknown }) => {
    const claims: BudgetClaim[] = [];
    for (const { budget, matcher, soft } of lines) {
      if (!matcher.countsAction(action.kind, action.name)) continue;
      const { unit } = budget;
      const isUnknown = unknown.includes(unit);
      // A unit may be named like a member of every object ("constructor").
      const amount = Object.hasOwn(amounts, unit) ? amounts[unit] : undefined;
      if (!isUnknown && amount === undefined) continue;

      const first = claims.length;
      for (let index = 0; index < subjects.length; index++) {
        const subject = subjects[index] as Subject;
        const counts = matcher.countsSubject(subject);
        if (typeof counts === "string" && index === 0) {
          return { status: "missing_field", budget, field: counts };
        }
        if (counts !== true) continue;
        if (isUnknown || amount === undefined) return { status: "unknown_amount", budget, unit };
        const partition = partitionOf(budget.by, subject);
        if (holds(claims, first, partition)) continue;
        const { id: window, endsAt } = windowAt(budget.per, budget.timeZone, now, rootRun);
        const claim = {
          budget: budget.id,
          partition,
          window,
          endsAt,
          unit,
          amount,
          limit: budget.limit,
          soft,
        };
        claims.push({ claim, budget });
      }
    }
    return { status: "claims", claims };
  };
}

/** Whether one of the claims from `first` on is for this partition already. */
function holds(claims: readonly BudgetClaim[], first: number, partition: string): boolean {
  for (let index = first; index < claims.length; index++) {
    if (claims[index]?.claim.partition === partition) return true;
  }
  return false;
}
