import { actionKinds } from "../action/action.ts";
import { describe, readChoice, readObject, readText } from "../action/config-values.ts";
import { checkPattern, namePattern } from "../action/name-pattern.ts";
import { subjectFields } from "../action/subject.ts";
import { InvalidConfig } from "../errors.ts";
import type { BudgetFilter } from "./budget.ts";

/**
 * Checks which actions a budget counts, and makes every member a list.
 *
 * Only `name` takes patterns, and those only a `*` at the end: a `*` anywhere else would silently match
 * nothing, and the budget would never count.
 *
 * @throws InvalidConfig naming the member, such as `budgets[0].match.name[1]`.
 */
export function parseMatch(input: unknown, field: string): BudgetFilter {
  if (input === undefined) return Object.freeze({});
  const match = readObject(input, field, [...subjectFields, "kind", "name"]);
  const filter: { -readonly [Member in keyof BudgetFilter]: BudgetFilter[Member] } = {};
  for (const name of subjectFields) {
    const values = readOneOrMore(match[name], `${field}.${name}`, readExact);
    if (values !== null) filter[name] = values;
  }
  const kinds = readOneOrMore(match.kind, `${field}.kind`, (item, path) =>
    readChoice(item, path, actionKinds),
  );
  if (kinds !== null) filter.kind = kinds;
  const names = readOneOrMore(match.name, `${field}.name`, readPattern);
  if (names !== null) {
    namePattern(names, `${field}.name`);
    filter.name = names;
  }
  return Object.freeze(filter);
}

function readOneOrMore<Item>(
  input: unknown,
  field: string,
  read: (item: unknown, field: string) => Item,
): readonly Item[] | null {
  if (input === undefined) return null;
  if (!Array.isArray(input)) return Object.freeze([read(input, field)]);
  if (input.length === 0) {
    throw new InvalidConfig(field, "is an empty list, which matches nothing; leave it out to match all");
  }
  return Object.freeze(Array.from(input, (item: unknown, index) => read(item, `${field}[${index}]`)));
}

function readExact(input: unknown, field: string): string {
  const text = readText(input, field);
  if (text.includes("*")) {
    throw new InvalidConfig(
      field,
      `${describe(text)}: patterns work in name alone; list the values, or use "by" for one balance each`,
    );
  }
  return text;
}

function readPattern(input: unknown, field: string): string {
  const text = readText(input, field);
  checkPattern(text, field);
  return text;
}
