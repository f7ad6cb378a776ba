import { CannotEvaluate } from "./cannot-evaluate.ts";

/** What is thrown for a member that is not there. */
export function missing(path: string): CannotEvaluate {
  return new CannotEvaluate(`${path} is missing; test it with has(${path})`);
}
