import { type Patch, patchFields } from "../action/action.ts";
import { parseAmount } from "../action/amounts.ts";
import {
  describe,
  readChoice,
  readList,
  readObject,
  readRecord,
  readText,
  readWhole,
} from "../action/config-values.ts";
import { jsonParams } from "../action/json-params.ts";
import { type SubjectField, subjectFields } from "../action/subject.ts";
import { given } from "../codec/given.ts";
import { InvalidConfig, TollgateError } from "../errors.ts";
import { type Budget, type BudgetInput, type BudgetThen, type WindowKind, windowKinds } from "./budget.ts";
import { parseMatch } from "./parse-match.ts";
import { readTimeZone } from "./time-zone.ts";

const properties: readonly (keyof BudgetInput)[] = [
  "id",
  "limit",
  "per",
  "timeZone",
  "by",
  "match",
  "then",
  "degrade",
];
const answers: readonly BudgetThen[] = ["degrade", "skip", "require_approval", "deny", "stop"];
const idPattern = /^[a-zA-Z0-9_.-]{1,64}$/;

/**
 * Checks budgets as written by people and completes them; what cannot be meant is refused, not guessed at. What passes
 * is a list of {@link BudgetInput}.
 *
 * @throws InvalidConfig naming the field, such as `budgets[1].limit`, and what would be right.
 */
export function parseBudgets(inputs: readonly unknown[]): readonly Budget[] {
  const places = new Map<string, number>();
  const budgets = Array.from(readList(inputs, "budgets", "of budgets"), (input, index) => {
    const budget = parseBudget(input, `budgets[${index}]`);
    const first = places.get(budget.id);
    if (first !== undefined) {
      throw new InvalidConfig(
        `budgets[${index}].id`,
        `"${budget.id}" is already the id of budgets[${first}]; two budgets cannot share one balance`,
      );
    }
    places.set(budget.id, index);
    return budget;
  });
  return Object.freeze(budgets);
}

function parseBudget(input: unknown, field: string): Budget {
  const budget = readObject(input, field, properties);
  const { amount: limit, unit } = readLimit(budget.limit, `${field}.limit`);
  const per = budget.per === undefined ? "total" : readChoice(budget.per, `${field}.per`, windowKinds);
  const then = budget.then === undefined ? "deny" : readChoice(budget.then, `${field}.then`, answers);
  const degrade = readDegrade(budget.degrade, then, `${field}.degrade`);
  return Object.freeze(
    given({
      id: readId(budget.id, `${field}.id`),
      unit,
      limit,
      per,
      timeZone: readZone(budget.timeZone, per, `${field}.timeZone`),
      by: readBy(budget.by, `${field}.by`),
      match: parseMatch(budget.match, `${field}.match`),
      then,
      degrade,
    }),
  );
}

function readId(input: unknown, field: string): string {
  if (typeof input !== "string" || !idPattern.test(input)) {
    throw new InvalidConfig(
      field,
      `expected 1 to 64 letters, digits, "_", "." or "-", such as "daily"; got ${describe(input)}`,
    );
  }
  return input;
}

function readLimit(input: unknown, field: string): { readonly amount: bigint; readonly unit: string } {
  if (typeof input === "number") {
    throw new InvalidConfig(
      field,
      `the number ${input} has no unit; write "$5.00", "200k tokens" or "100 calls" as text`,
    );
  }
  return parseAmount(input as BudgetInput["limit"], field);
}

function readZone(input: unknown, per: WindowKind, field: string): string {
  if (input === undefined) return "UTC";
  if (per === "run" || per === "total") {
    throw new InvalidConfig(
      field,
      `a budget per ${per} does not follow the clock; leave it out, or set per to hour, day, week or month`,
    );
  }
  return readTimeZone(input, field);
}

function readBy(input: unknown, field: string): readonly SubjectField[] {
  if (input === undefined) return Object.freeze([]);
  const fields = Array.from(readList(input, field, 'such as ["user"]'), (item, index) =>
    readChoice(item, `${field}[${index}]`, subjectFields),
  );
  const twice = fields.findIndex((item, index) => fields.indexOf(item) !== index);
  if (twice >= 0) throw new InvalidConfig(`${field}[${twice}]`, `"${fields[twice]}" is listed twice`);
  return Object.freeze(subjectFields.filter((item) => fields.includes(item)));
}

function readDegrade(input: unknown, then: BudgetThen, field: string): Patch | undefined {
  if (then !== "degrade") {
    if (input === undefined) return undefined;
    throw new InvalidConfig(field, `only used with then: "degrade", but then is "${then}"`);
  }
  if (input === undefined) {
    throw new InvalidConfig(field, `then: "degrade" needs a patch, such as { model: "gpt-4o-mini" }`);
  }
  const { model, provider, params, maxOutputTokens } = readObject(input, field, patchFields);
  const patch = given({
    model: model === undefined ? undefined : readText(model, `${field}.model`),
    provider: provider === undefined ? undefined : readText(provider, `${field}.provider`),
    params: params === undefined ? undefined : readParams(params, `${field}.params`),
    maxOutputTokens:
      maxOutputTokens === undefined ? undefined : readWhole(maxOutputTokens, `${field}.maxOutputTokens`, 1),
  });
  if (Object.keys(patch).length === 0) {
    throw new InvalidConfig(field, `changes nothing; name at least one of ${patchFields.join(", ")}`);
  }
  return Object.freeze(patch);
}

function readParams(input: unknown, field: string): NonNullable<Patch["params"]> {
  if (Object.keys(readRecord(input, field)).length === 0)
    throw new InvalidConfig(field, "changes nothing; leave it out");
  try {
    return jsonParams(input) as NonNullable<Patch["params"]>;
  } catch (error) {
    // The reader speaks of a call's parameters; here the same nonsense is in a budget.
    if (!TollgateError.is(error)) throw error;
    throw new InvalidConfig(field, error.message, { cause: error });
  }
}
