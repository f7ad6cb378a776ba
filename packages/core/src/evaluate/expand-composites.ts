import type { Evaluator } from "./evaluator.ts";

/** Where a composite keeps what it is made of; registered, so that two copies of the package agree on it. */
export const parts: unique symbol = Symbol.for("tollgate.composite");

/** An evaluator that is made of others, which a gate asks in its place. */
export interface Composite extends Evaluator {
  readonly [parts]: readonly Evaluator[];
}

/** A list of its own with the parts of every composite in its place: made once, asked for every action. */
export function expandComposites(evaluators: readonly Evaluator[]): readonly Evaluator[] {
  return Object.freeze(evaluators.flatMap((each) => (isComposite(each) ? each[parts] : [each])));
}

function isComposite(evaluator: Evaluator): evaluator is Composite {
  return parts in evaluator;
}
