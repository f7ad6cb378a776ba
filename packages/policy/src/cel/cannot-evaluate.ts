/**
 * An expression that has no value for this action; its rule denies.
 *
 * No error of the engine's: what those note of the stack takes longer than all the rest, and parameters can bring it
 * about for each item of a list. It never leaves this package.
 */
export class CannotEvaluate {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** What it costs to go on after a part without a value. */
export const failureSteps = 50;

/** An expression that would take too long: unlike other failures it is never made up for by `||` or `&&`. */
export class TooManySteps extends CannotEvaluate {
  constructor(most: number) {
    super(`it takes more than ${most} steps`);
  }
}
