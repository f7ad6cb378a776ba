import type { Balance, BalanceQuery } from "../action/balance.ts";
import type { Awaitable } from "../awaitable.ts";
import type { EvaluationContext } from "./evaluator.ts";

/** What the gate gives to a judgement; each evaluator's own signal is added to it. */
export type JudgeContext = Omit<EvaluationContext, "signal">;

/** The context of one evaluator: its signal is made only if it is looked at. */
export class EvaluatorContext implements EvaluationContext {
  readonly decision: string;
  readonly run: EvaluationContext["run"];
  readonly now: number;
  readonly #shared: JudgeContext;
  #controller: AbortController | null = null;

  constructor(shared: JudgeContext) {
    this.decision = shared.decision;
    this.run = shared.run;
    this.now = shared.now;
    this.#shared = shared;
  }

  balances(query: BalanceQuery): Awaitable<readonly Balance[]> {
    return this.#shared.balances(query);
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** Tells the evaluator, if it listens, that its time is up. */
  abort(reason: unknown): void {
    this.#controller?.abort(reason);
  }
}
