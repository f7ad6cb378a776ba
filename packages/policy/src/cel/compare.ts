import { CannotEvaluate } from "./cannot-evaluate.ts";
import { namesOf } from "./names-of.ts";
import type { Meter } from "./scope.ts";

type Sort = "null" | "bool" | "number" | "string" | "list" | "map";

/** What sort of value it is; whole numbers and others are one sort, as in JSON. */
function sortOf(value: unknown): Sort {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
    case "bigint":
      return "number";
    case "string":
      return "string";
    default:
      return "map";
  }
}

/**
 * Whether two values are equal; numbers by what they are worth, lists and maps by what they hold.
 *
 * @throws CannotEvaluate for values of different sorts: that "18" is not 18 must not let anything pass.
 */
export function equal(left: unknown, right: unknown, meter: Meter): boolean {
  const sort = sortOf(left);
  if (sort !== sortOf(right)) throw mismatch(left, right);
  // Loosely, so that 5 and 5n are equal: both are numbers here.
  // biome-ignore lint/suspicious/noDoubleEquals: both are numbers, and 5 must equal 5n
  if (sort === "number") return (left as number) == (right as number);
  if (sort === "string") {
    meter.spend(1 + ((left as string).length >> 5));
    return left === right;
  }
  if (sort === "list") return equalLists(left as readonly unknown[], right as readonly unknown[], meter);
  if (sort === "map") return equalMaps(left as object, right as object, meter);
  return left === right;
}

/**
 * Below 0, 0 or above 0, as the left one is less, equal or greater.
 *
 * @throws CannotEvaluate for what is neither two numbers nor two texts.
 */
export function compare(left: unknown, right: unknown, meter: Meter): number {
  const sort = sortOf(left);
  if (sort !== sortOf(right)) throw mismatch(left, right);
  if (sort === "string") meter.spend(1 + ((left as string).length >> 4));
  else if (sort !== "number") throw new CannotEvaluate(`${nameOf(left)} is neither more nor less`);
  const [a, b] = [left as number, right as number];
  return a < b ? -1 : a > b ? 1 : 0;
}

function equalLists(left: readonly unknown[], right: readonly unknown[], meter: Meter): boolean {
  if (left.length !== right.length) return false;
  meter.spend(left.length);
  return left.every((item, index) => equal(item, right[index], meter));
}

function equalMaps(left: object, right: object, meter: Meter): boolean {
  const keys = namesOf(left, meter);
  if (keys.length !== namesOf(right, meter).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(right, key) &&
      equal(left[key as keyof typeof left], right[key as keyof typeof right], meter),
  );
}

function mismatch(left: unknown, right: unknown): CannotEvaluate {
  return new CannotEvaluate(`${nameOf(left)} cannot be compared with ${nameOf(right)}`);
}

/** A value's sort in words that do not quote it: reasons stand in receipts. */
export function nameOf(value: unknown): string {
  const sort = sortOf(value);
  return sort === "null" ? "null" : `a ${sort === "bool" ? "boolean" : sort === "string" ? "text" : sort}`;
}
