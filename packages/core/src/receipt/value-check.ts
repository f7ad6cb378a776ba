/** Whether a parsed JSON value is of some form; false may also mean that nobody looked closely. */
export type Check = (value: unknown) => boolean;

/** A member that may be absent. */
interface Optional {
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
    if (typeof value !== "object" || value === null) return false;
    let at = 0;
    // What JSON.parse makes has no enumerable members but its own.
    for (const name in value) {
      while (names[at] !== name) {
        if (at === end || required[at] === true) return false;
        at += 1;
      }
      if (checks[at]?.((value as Readonly<Record<string, unknown>>)[name]) !== true) return false;
      at += 1;
    }
    for (; at < end; at += 1) if (required[at] === true) return false;
    // A list without items has no names either.
    return !Array.isArray(value);
  };
}

/** An object whose names are all of one form and in ascending order, and its values of another. */
export function record(isName: Check, isValue: Check): Check {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    let before = "";
    for (const name in value) {
      if (name <= before || !isName(name)) return false;
      if (!isValue((value as Readonly<Record<string, unknown>>)[name])) return false;
      before = name;
    }
    return true;
  };
}

/** A list of values that are all of one form. */
export function list(isItem: Check): Check {
  return (value) => Array.isArray(value) && value.every(isItem);
}

/** Null or what `check` takes. */
export function orNull(check: Check): Check {
  return (value) => value === null || check(value);
}

/** A text that the whole of `pattern` fits. */
export function matching(pattern: RegExp): Check {
  return (value) => typeof value === "string" && pattern.test(value);
}

/** One of these values. */
export function oneOf(values: readonly unknown[]): Check {
  return (value) => values.includes(value);
}

export const isText: Check = (value) => typeof value === "string";

export const isBoolean: Check = (value) => typeof value === "boolean";
