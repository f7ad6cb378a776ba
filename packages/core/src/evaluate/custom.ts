import type { Action } from "../action/action.ts";
import type { Awaitable } from "../awaitable.ts";
import { given } from "../codec/given.ts";
import { InvalidConfig } from "../errors.ts";
import { checkEvaluatorName, checkTimeoutMs } from "./check-evaluators.ts";
import type { EvaluationContext, Evaluator, Verdict } from "./evaluator.ts";

/** Options of {@link evaluator}. */
export interface EvaluatorOptions {
  /** How long it may take, in milliseconds. @default the gate's `evaluatorTimeoutMs` */
  readonly timeoutMs?: number;
}

/**
 * Makes an evaluator of a function. If the function throws, hangs or answers nonsense the action is denied.
 *
 * @throws InvalidConfig when the name is not 1 to 64 of `a-z A-Z 0-9 _ . -`, or `evaluate` is no function.
 */
export function evaluator(
  name: string,
  evaluate: (action: Action, context: EvaluationContext) => Awaitable<Verdict>,
  options: EvaluatorOptions = {},
): Evaluator {
  checkEvaluatorName(name, "name");
  if (typeof evaluate !== "function") throw new InvalidConfig("evaluate", "expected a function");
  checkTimeoutMs(options.timeoutMs, "timeoutMs");
  return given({ name, evaluate, timeoutMs: options.timeoutMs });
}
