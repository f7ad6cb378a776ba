import { readList } from "../action/config-values.ts";
import { InvalidConfig } from "../errors.ts";
import type { Evaluator } from "./evaluator.ts";

const evaluatorName = /^[A-Za-z0-9_.-]{1,64}$/;

/** The longest delay that timers take: 2^31 - 1 milliseconds. */
const longestTimeoutMs = 2_147_483_647;

/**
 * Checks evaluators before any of them is asked: receipts tell them apart by their names.
 *
 * @throws InvalidConfig naming the member that is wrong, such as `evaluators[1].name`.
 */
export function checkEvaluators(evaluators: readonly Evaluator[], field = "evaluators"): void {
  readList(evaluators, field, "of evaluators");
  const names = new Set<string>();
  for (const [index, evaluator] of evaluators.entries()) {
    const path = `${field}[${index}]`;
    if (typeof evaluator !== "object" || evaluator === null || typeof evaluator.evaluate !== "function") {
      throw new InvalidConfig(path, "expected an evaluator: an object with name and evaluate()");
    }
    checkEvaluatorName(evaluator.name, `${path}.name`);
    checkTimeoutMs(evaluator.timeoutMs, `${path}.timeoutMs`);
    if (names.has(evaluator.name)) {
      throw new InvalidConfig(`${path}.name`, `"${evaluator.name}" is there twice; give one another name`);
    }
    names.add(evaluator.name);
  }
}

/** Checks an evaluator's name. @throws InvalidConfig naming `field`. */
export function checkEvaluatorName(name: string, field: string): void {
  if (typeof name !== "string" || !evaluatorName.test(name)) {
    throw new InvalidConfig(field, `"${name}" is not a name; use 1 to 64 of a-z A-Z 0-9 _ . -`);
  }
}

/** Checks an evaluator's own time limit, if it has one. @throws InvalidConfig naming `field`. */
export function checkTimeoutMs(timeoutMs: number | undefined, field: string): void {
  if (timeoutMs === undefined) return;
  if (!(typeof timeoutMs === "number" && timeoutMs > 0 && timeoutMs <= longestTimeoutMs)) {
    throw new InvalidConfig(field, `expected milliseconds above 0, at most ${longestTimeoutMs}`);
  }
}
