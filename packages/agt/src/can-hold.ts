import type { ConditionTest } from "./condition-test.ts";
import { foldText, strictTest } from "./strict-test.ts";

/** Whether there is any context in which all of the tests hold; tests of different fields do not meet. */
export function canHold(tests: readonly ConditionTest[]): boolean {
  const paths = new Set(tests.map(({ path }) => path));
  return [...paths].every((path) => witnessOf(tests.filter((test) => test.path === path)) !== undefined);
}

/** A value of one field for which all of the tests hold; undefined when there is none. */
export function witnessOf(tests: readonly ConditionTest[]): string | number | boolean | undefined {
  const strict = tests.map(strictTest);
  return candidates(tests).find((value) =>
    strict.every((holds) => holds(value, () => foldText(String(value))) === true),
  );
}

/** Enough values to tell: each that is named, what lies between and beside the numbers, and one nobody names. */
function candidates(tests: readonly ConditionTest[]): readonly (string | number | boolean)[] {
  const named = tests.flatMap((test): readonly (string | number | boolean)[] => {
    if ("values" in test) return test.values;
    return "value" in test ? [test.value] : [];
  });
  const numbers = named
    .map(Number)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const around = numbers.flatMap((number, at) => [
    number,
    number - 1,
    number + 1,
    (number + (numbers[at + 1] ?? number)) / 2,
  ]);
  const texts = named.filter((value) => typeof value === "string");
  return [true, false, ...named, ...around, ...numbers.map(String), `other than ${texts.join(" ")}`];
}
