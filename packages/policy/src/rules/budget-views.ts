import type { Action, Balance, EvaluationContext } from "@tollgate/core";
import { type Budget, createWindows, partitionOf, type Windows } from "@tollgate/core/policy";
import { CannotEvaluate } from "../cel/cannot-evaluate.ts";
import type { BudgetView } from "../cel/scope.ts";

/** Where budgets stand for one action, as far as its rules look at them. */
export type BudgetViews = ReadonlyMap<string, BudgetView | CannotEvaluate>;

type Look = readonly [string, BudgetView | CannotEvaluate] | Promise<readonly [string, BudgetView]>;

/** Looks up where the budgets of a policy stand, for the balance that an action would draw on. */
export class BudgetReader {
  readonly #budgets: ReadonlyMap<string, Budget>;
  readonly #windowAt: Windows = createWindows();

  constructor(budgets: readonly Budget[]) {
    this.#budgets = new Map(budgets.map((budget) => [budget.id, budget]));
  }

  /** Where the budgets stand; at once, where the ledger answers so. */
  read(
    ids: readonly string[],
    action: Action,
    context: EvaluationContext,
  ): BudgetViews | Promise<BudgetViews> {
    const looks = ids.map((id) => this.#look(id, action, context));
    return looks.some((look) => look instanceof Promise)
      ? Promise.all(looks).then((entries) => new Map(entries))
      : new Map(looks as [string, BudgetView][]);
  }

  #look(id: string, { subject }: Action, context: EvaluationContext): Look {
    const budget = this.#budgets.get(id) as Budget;
    const lacking = budget.by.find((field) => subject[field] === undefined);
    if (lacking !== undefined) {
      return [id, new CannotEvaluate(`budget "${id}" is by ${lacking}, and subject.${lacking} is missing`)];
    }
    const { id: window } = this.#windowAt(budget.per, budget.timeZone, context.now, context.run.root);
    const found = context.balances({ budget: id, partition: partitionOf(budget.by, subject), window });
    return found instanceof Promise || !Array.isArray(found)
      ? Promise.resolve(found).then((balances) => [id, viewOf(budget, balances)] as const)
      : [id, viewOf(budget, found)];
  }
}

function viewOf({ limit, unit }: Budget, balances: readonly Balance[]): BudgetView {
  const { spent, held } = balances.find((balance) => balance.unit === unit) ?? { spent: 0n, held: 0n };
  const used = spent + held;
  // Of a limit of 0 everything is used.
  const ratio = limit === 0n ? 1 : Number(used) / Number(limit);
  return { limit, spent, held, left: limit - used, ratio };
}
