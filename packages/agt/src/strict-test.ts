import type { ConditionTest } from "./condition-test.ts";

/** A field that is not there. */
export const missing: unique symbol = Symbol("missing");
/** A field that every object has from its prototype, such as `constructor`: AGT takes it for the caller's. */
export const inherited: unique symbol = Symbol("inherited");
/** A field that AGT works out itself, such as `sql.verb`: it may be anything. */
export const derived: unique symbol = Symbol("derived");

/** Whether a test holds; a text where AGT would guess, which says at what. */
export type Holding = boolean | string;

/**
 * Whether a test holds for a value, without turning one type into another.
 *
 * AGT compares by JavaScript's `Number`, `String` and `Boolean`: null is at most 100, `"false"` is true, and what
 * is missing is not `rm`. Where its answer depends on that, or on upper and lower case, this answers the reason.
 * `folded` is {@link foldText} of the value, made when it is asked for.
 */
export function holds(test: ConditionTest, value: unknown, folded: () => string): Holding {
  if (value === derived) return true;
  if (value === inherited) return `${test.path} is inherited, not a field`;
  switch (test.op) {
    case "truthy":
      if (value === missing) return false;
      return typeof value === "boolean"
        ? value
        : `${test.path} is taken for true or false, and is ${typeName(value)}`;
    case "in":
    case "not in":
      return isIn(test, value, folded);
    default:
      return typeof test.value === "number"
        ? compareNumber(test.op, test, test.value, value)
        : compareExactly(test, test.value, value, folded);
  }
}

/** A text without the differences that people do not see. */
export function foldText(text: string): string {
  return text.normalize("NFKC").trim().toLowerCase();
}

function compareNumber(
  op: ConditionTest["op"],
  { path }: ConditionTest,
  number: number,
  value: unknown,
): Holding {
  if (value === missing) return op === "!=" ? `${path} is missing` : false;
  if (typeof value !== "number" || !Number.isFinite(value)) {
    return `${path} is compared with a number, and is ${typeName(value)}`;
  }
  switch (op) {
    case "==":
      return value === number;
    case "!=":
      return value !== number;
    case ">":
      return value > number;
    case ">=":
      return value >= number;
    case "<":
      return value < number;
    default:
      return value <= number;
  }
}

function compareExactly(
  { op, path }: ConditionTest,
  wanted: string | boolean,
  value: unknown,
  folded: () => string,
): Holding {
  if (value === missing || value === null) return op === "!=" ? `${path} is missing` : false;
  if (value === wanted) return op === "==";
  const type = typeof wanted === "string" ? "a text" : "true or false";
  if (typeof value !== typeof wanted) return `${path} is compared with ${type}, and is ${typeName(value)}`;
  if (typeof wanted === "string" && folded() === foldText(wanted)) return nearly(path, wanted);
  return op === "!=";
}

function isIn(
  { op, path, values }: Extract<ConditionTest, { readonly values: readonly string[] }>,
  value: unknown,
  folded: () => string,
): Holding {
  if (value === missing || value === null) {
    // AGT looks for the words "undefined" and "null" in the list.
    return op === "not in" || values.includes("undefined") || values.includes("null")
      ? `${path} is missing`
      : false;
  }
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
    return `${path} is looked up in a list, and is ${typeName(value)}`;
  }
  const found = values.includes(String(value));
  if (!found && typeof value === "string") {
    const near = values.find((wanted) => foldText(wanted) === folded());
    if (near !== undefined) return nearly(path, near);
  }
  return found === (op === "in");
}

function nearly(path: string, wanted: string): string {
  return `${path} is '${wanted}' but for upper and lower case or spaces`;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `of type ${typeof value}`;
}
