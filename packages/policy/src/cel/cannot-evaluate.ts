/** An expression that has no value for this action; its rule denies. */
export class CannotEvaluate extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CannotEvaluate";
  }
}

/** An expression that would take too long: unlike other failures it is never made up for by `||` or `&&`. */
export class TooManySteps extends CannotEvaluate {
  constructor(most: number) {
    super(`it takes more than ${most} steps`);
    this.name = "TooManySteps";
  }
}
