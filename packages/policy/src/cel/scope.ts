import { TooManySteps } from "./cannot-evaluate.ts";

/** Counts what the expressions of one decision cost; deterministic, so that a slow machine decides alike. */
export class Meter {
  readonly #most: number;
  #left: number;

  /** So many steps at most, of which some are left. */
  constructor(most: number, left: number = most) {
    this.#most = most;
    this.#left = left;
  }

  /** How many steps are left; never below 0. */
  get left(): number {
    return Math.max(0, this.#left);
  }

  /** @throws TooManySteps when nothing is left. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new TooManySteps(this.#most);
  }
}

/** Where a budget stands, as an expression sees it; in the budget's unit. */
export interface BudgetView {
  readonly limit: bigint;
  readonly spent: bigint;
  readonly held: bigint;
  /** What neither is spent nor held; below 0 when more was spent. */
  readonly left: bigint;
  /** Spent and held as a part of the limit: 0.8 is 80 %. */
  readonly ratio: number;
}

/** What an expression is evaluated over; a field that is undefined is missing. */
export interface Scope {
  readonly action: Readonly<Record<string, unknown>>;
  readonly subject: Readonly<Record<string, unknown>>;
  readonly run: Readonly<Record<string, unknown>>;
  readonly time: Readonly<Record<string, unknown>>;
  readonly params: unknown;
  readonly meter: Meter;
  /** The values of `x` in `list.all(x, ...)`, innermost last. */
  readonly locals: unknown[];
  /** @throws CannotEvaluate when the action's subject has no such balance. */
  budget(id: string): BudgetView;
}
