import { CannotEvaluate } from "./cannot-evaluate.ts";
import { nameOf } from "./compare.ts";

/** @throws CannotEvaluate for what is neither true nor false. */
export function asBoolean(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new CannotEvaluate(`${nameOf(value)} is neither true nor false`);
}
