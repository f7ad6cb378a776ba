import type { ConditionTest } from "./condition-test.ts";

/** A field that is not there. */
export const missing: unique symbol = Symbol("missing");
/** A field that every object has from its prototype, such as `constructor`: AGT takes it for the caller's. */
export const inherited: unique symbol = Symbol("inherited");
/** A field that AGT works out itself, such as `sql.verb`: it may be anything. */
export const derived: unique symbol = Symbol("derived");

/** Whether a test holds; a text where AGT would guess, which says at what. */
export type Holding = boolean | string;

/** Whether a test holds for a value; `folded` makes {@link foldText} of it. */
export type StrictTest = (value: unknown, folded: () => string) => Holding;

/**
 * Makes what tells whether a test holds, without turning one type into another.
 *
 * AGT compares by JavaScript's `Number`, `String` and `Boolean`: null is at most 100, `"false"` is true, and what
 * is missing is not `rm`. Where its answer depends on that, or on upper and lower case, this answers the reason.
 */
export function strictTest(test: ConditionTest): StrictTest {
  const strict = strictOf(test);
  return (value, folded) => {
    if (value === derived) return true;
    if (value === inherited) return `${test.path} is inherited, not a field`;
    return strict(value, folded);
  };
}

function strictOf(test: ConditionTest): StrictTest {
  switch (test.op) {
    case "truthy":
      return (value) => isTrue(test.path, value);
    case "in":
    case "not in":
      return listTest(test);
    default: {
      const { value: wanted } = test;
      return typeof wanted === "number"
        ? (value) => compareNumber(test, wanted, value)
        : exactTest(test, wanted);
    }
  }
}

function isTrue(path: string, value: unknown): Holding {
  if (value === missing || value === null) return false;
  if (typeof value === "boolean") return value;
  return `${path} is taken for true or false, and is ${typeName(value)}`;
}

/** Longer texts are not taken for a short one by mistake, and take long to fold. */
const longestFolded = 1024;

/** A text without the differences that people do not see: width, case, spaces around it, characters without a shape. */
export function foldText(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length > longestFolded) return trimmed;
  return trimmed
    .normalize("NFKC")
    .replace(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, "")
    .toLowerCase();
}

function compareNumber({ op, path }: ConditionTest, number: number, value: unknown): Holding {
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

function exactTest({ op, path }: ConditionTest, wanted: string | boolean): StrictTest {
  const near = typeof wanted === "string" ? foldText(wanted) : null;
  const type = near === null ? "true or false" : "a text";
  return (value, folded) => {
    if (value === missing || value === null) return op === "!=" ? `${path} is missing` : false;
    if (value === wanted) return op === "==";
    if (typeof value !== typeof wanted) return `${path} is compared with ${type}, and is ${typeName(value)}`;
    return folded() === near ? nearly(path, wanted) : op === "!=";
  };
}

function listTest({
  op,
  path,
  values,
}: Extract<ConditionTest, { readonly values: readonly string[] }>): StrictTest {
  const wanted = new Set(values);
  const near = new Map(values.map((value) => [foldText(value), value]));
  // AGT looks for the words "undefined" and "null" in the list.
  const namesNothing = wanted.has("undefined") || wanted.has("null");
  return (value, folded) => {
    if (value === missing || value === null) {
      return op === "not in" || namesNothing ? `${path} is missing` : false;
    }
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      return `${path} is looked up in a list, and is ${typeName(value)}`;
    }
    const found = wanted.has(String(value));
    const meant = found || typeof value !== "string" ? undefined : near.get(folded());
    return meant === undefined ? found === (op === "in") : nearly(path, meant);
  };
}

function nearly(path: string, wanted: string | boolean): string {
  return `${path} is '${wanted}' but for case, width or spaces`;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `of type ${typeof value}`;
}
