import { isCount } from "../codec/count.ts";
import { isObject } from "../codec/plain-object.ts";
import { InvalidAction } from "../errors.ts";

/** Something that a caller gives for each action. */
export type Input = "action" | "subject";

/**
 * Checks that `input` is an object without members that nobody knows.
 *
 * @throws InvalidAction naming the unknown ones.
 */
export function checkMembers(input: unknown, known: ReadonlySet<string>, what: Input): void {
  if (!isObject(input)) throw new InvalidAction(`the ${what} is not valid: expected an object`);
  for (const member of Object.keys(input)) {
    if (known.has(member)) continue;
    const unknown = Object.keys(input).filter((each) => !known.has(each));
    throw new InvalidAction(`the ${what} is not valid: unknown member ${unknown.join(", ")}`);
  }
}

/** Checks a name or an id: 1 to 256 characters of well-formed Unicode. @throws InvalidAction */
export function readText(value: unknown, member: string, what: Input): string {
  if (typeof value === "string" && value !== "" && value.length <= 256 && value.isWellFormed()) return value;
  return refuseMember(member, "expected a text of 1 to 256 characters", what);
}

/** Checks a count: a whole number, 0 or more. @throws InvalidAction */
export function readCount(value: unknown, member: string, what: Input): number {
  // A receipt cannot hold -0, which adding 0 makes 0.
  if (isCount(value)) return value + 0;
  return refuseMember(member, "expected a whole number, 0 or more", what);
}

/** Checks one of a closed set of words. @throws InvalidAction */
export function readChoice<Choice>(
  value: unknown,
  choices: readonly Choice[],
  member: string,
  what: Input,
): Choice {
  for (const choice of choices) if (choice === value) return choice;
  return refuseMember(member, `expected one of ${choices.join(", ")}`, what);
}

/** @throws InvalidAction */
export function refuseMember(member: string, problem: string, what: Input): never {
  throw new InvalidAction(`the ${what} is not valid: ${member}: ${problem}`);
}
