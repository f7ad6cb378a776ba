import { InvalidArgumentError } from "commander";

/** For an option that may be given several times. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** @throws InvalidArgumentError unless it is 0 or more */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

/** @throws InvalidArgumentError unless it is 1 or more */
export function atLeastOne(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError("It must be 1 or more.");
  return value;
}

/** How many threads. @throws InvalidArgumentError */
export function threadCount(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 64)
    throw new InvalidArgumentError("It must be a number from 1 to 64.");
  return value;
}

/** A list of kinds of actions, separated by commas. */
export function kindList(text: string): readonly string[] {
  const kinds = text.split(",").map((kind) => kind.trim());
  if (kinds.every((kind) => /^[a-z]+$/.test(kind))) return kinds;
  throw new InvalidArgumentError("Expected kinds such as tool,llm.");
}
