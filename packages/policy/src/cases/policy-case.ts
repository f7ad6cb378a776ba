import type { Action, Balance, EvaluationContext } from "@tollgate/core";

/** What a case can expect, and a policy answer. */
export const expectations = ["allow", "degrade", "skip", "require_approval", "deny", "stop"] as const;

/** One of {@link expectations}. */
export type Expectation = (typeof expectations)[number];

/** An action in a situation, and what is to be decided about it. */
export interface PolicyCase {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly action: Action;
  readonly run: EvaluationContext["run"];
  readonly now: number;
  /** Where budgets stand, by id; nothing is spent of those that are not there. */
  readonly budgets: ReadonlyMap<string, Pick<Balance, "unit" | "spent" | "held">>;
  /** Null for a case that only asks. */
  readonly expect: Expectation | null;
  /** The rule that is to decide it, or the budget by its limit, where the case says so. */
  readonly rule: string | null;
}

/** Where a budget stands in a case; a soft limit stands where its budget does, unless the case says otherwise. */
export function standOf(
  { budgets }: Pick<PolicyCase, "budgets">,
  id: string,
): Pick<Balance, "unit" | "spent" | "held"> | undefined {
  return budgets.get(id) ?? (id.endsWith(".soft") ? budgets.get(id.slice(0, -".soft".length)) : undefined);
}

/** The context that a case is judged in. */
export function contextOf(each: PolicyCase): EvaluationContext {
  const { run, now } = each;
  return {
    decision: "case",
    run,
    now,
    signal: new AbortController().signal,
    balances: ({ budget = "", partition = "", window = "total" }) => {
      const stands = standOf(each, budget);
      return stands === undefined
        ? []
        : [{ budget, partition, window, endsAt: null, limit: null, ...stands }];
    },
  };
}
