import { isObject } from "../codec/plain-object.ts";
import { InvalidConfig } from "../errors.ts";
import { nearestName } from "./nearest-name.ts";

/** Reads an object, whatever its members. @throws InvalidConfig naming `field`. */
export function readRecord(input: unknown, field: string): Readonly<Record<string, unknown>> {
  if (isObject(input)) return input;
  throw new InvalidConfig(field, `expected an object, got ${describe(input)}`);
}

/**
 * Reads an object whose members are all known; a member that is undefined counts as absent.
 *
 * @throws InvalidConfig naming `field`, or the unknown member and the one that was probably meant.
 */
export function readObject(
  input: unknown,
  field: string,
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  const object = readRecord(input, field);
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    const meant = nearestName(key, known);
    throw new InvalidConfig(
      `${field}.${key}`,
      `there is no such property; ${meant === null ? `known are ${known.join(", ")}` : `did you mean ${meant}?`}`,
    );
  }
  return object;
}

/**
 * Reads one of a closed set of words.
 *
 * @throws InvalidConfig naming `field`, the choices and the one that was probably meant.
 */
export function readChoice<Choice extends string>(
  input: unknown,
  field: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === input);
  if (found !== undefined) return found;
  const meant = typeof input === "string" ? nearestName(input, choices) : null;
  throw new InvalidConfig(
    field,
    `expected one of ${choices.join(", ")}, got ${describe(input)}${meant === null ? "" : `; did you mean "${meant}"?`}`,
  );
}

/**
 * Reads a text as long as those of subjects and names, 1 to 256 well-formed characters: another could never
 * match.
 *
 * @throws InvalidConfig naming `field`.
 */
export function readText(input: unknown, field: string): string {
  if (typeof input === "string" && input !== "" && input.length <= 256 && input.isWellFormed()) return input;
  throw new InvalidConfig(field, `expected a text of 1 to 256 characters, got ${describe(input)}`);
}

/** Reads a list. @throws InvalidConfig naming `field`; `what` is what the list is of, or looks like. */
export function readList(input: unknown, field: string, what: string): readonly unknown[] {
  if (Array.isArray(input)) return input;
  throw new InvalidConfig(field, `expected a list ${what}, got ${describe(input)}`);
}

/** Reads a whole number of `least` or more. @throws InvalidConfig naming `field`. */
export function readWhole(input: unknown, field: string, least: number): number {
  if (typeof input === "number" && Number.isSafeInteger(input) && input >= least) return input;
  throw new InvalidConfig(field, `expected a whole number, ${least} or more; got ${describe(input)}`);
}

/** Reads a time, RFC 3339, epoch milliseconds or a date, as milliseconds. @throws InvalidConfig naming `field`. */
export function readTime(input: Date | string | number | undefined, field: string): number | undefined {
  if (input === undefined) return undefined;
  const time = new Date(input).getTime();
  if (!Number.isNaN(time)) return time;
  throw new InvalidConfig(field, `expected a time such as "2026-11-20T00:00:00Z", got ${describe(input)}`);
}

/** A value in words for a message, short whatever it is. */
export function describe(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
  }
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" || typeof value === "boolean") return `the ${typeof value} ${value}`;
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
