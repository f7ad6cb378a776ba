/**
 * How long a parsed JSON value is as canonical text without escapes, if it is of some form; -1 if not, which may
 * also mean that nobody looked closely.
 */
export type Check = (value: unknown) => number;

/** A member that may be absent. */
export interface Optional {
  readonly optional: Check;
}

/** Marks a member of {@link object} as one that may be absent. */
export function optional(check: Check): Optional {
  return { optional: check };
}

/** An object with exactly these members, in ascending order, both here and in the value. */
export function object(members: Readonly<Record<string, Check | Optional>>): Check {
  const names = Object.keys(members);
  const checks = Object.values(members).map((member) =>
    typeof member === "function" ? member : member.optional,
  );
  const required = Object.values(members).map((member) => typeof member === "function");
  const end = names.length;
  return (value) => {
    if (typeof value !== "object" || value === null) return -1;
    let at = 0;
    let total = 1;
    // What JSON.parse makes has no enumerable members but its own.
    for (const name in value) {
      while (names[at] !== name) {
        if (at === end || required[at] === true) return -1;
        at += 1;
      }
      const length = checks[at]?.((value as Readonly<Record<string, unknown>>)[name]) ?? -1;
      if (length < 0) return -1;
      total += name.length + length + memberExtra;
      at += 1;
    }
    for (; at < end; at += 1) if (required[at] === true) return -1;
    // A list without items has no names either.
    return Array.isArray(value) ? -1 : closed(total);
  };
}

/** Two quotation marks, a colon, and a comma or the bracket that closes. */
const memberExtra = 4;

/** The bracket that opens is counted; the one that closes stands in for the last comma, if there is one. */
function closed(total: number): number {
  return total === 1 ? 2 : total;
}

/** An object whose names are all of one form and in ascending order, and its values of another. */
export function record(isName: Check, isValue: Check): Check {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return -1;
    let before = "";
    let total = 1;
    for (const name in value) {
      if (name <= before || isName(name) < 0) return -1;
      const length = isValue((value as Readonly<Record<string, unknown>>)[name]);
      if (length < 0) return -1;
      total += name.length + length + memberExtra;
      before = name;
    }
    return closed(total);
  };
}

/** A list of values that are all of one form. */
export function list(isItem: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return -1;
    let total = 1;
    for (const item of value) {
      const length = isItem(item);
      if (length < 0) return -1;
      total += length + 1;
    }
    return closed(total);
  };
}

/** Null or what `check` takes. */
export function orNull(check: Check): Check {
  return (value) => (value === null ? "null".length : check(value));
}

/** What the first of two checks takes that takes it. */
export function either(first: Check, second: Check): Check {
  return (value) => {
    const length = first(value);
    return length < 0 ? second(value) : length;
  };
}

/** A text that the whole of `pattern` fits. */
export function matching(pattern: RegExp): Check {
  return (value) => (typeof value === "string" && pattern.test(value) ? value.length + 2 : -1);
}

/** One of these texts. */
export function oneOf(texts: readonly string[]): Check {
  return (value) => (typeof value === "string" && texts.includes(value) ? value.length + 2 : -1);
}

/** A whole number, 0 or more, that arithmetic keeps exact; -0 is as long as 0, which its text is not. */
export const isCount: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? `${value}`.length : -1;

export const isText: Check = (value) => (typeof value === "string" ? value.length + 2 : -1);

export const isBoolean: Check = (value) => (value === true ? 4 : value === false ? 5 : -1);
