import { Environment } from "@marcbachmann/cel-js";
import { actionKinds, capabilities } from "@tollgate/core/policy";

/** What is known of one field of a variable. */
export interface Field {
  readonly type: "string" | "int" | "double" | "map<string, int>";
  /** May be missing, which `has()` tells. */
  readonly optional?: true;
  /** In nano-dollars. */
  readonly money?: true;
  /** Every value that a text can have. */
  readonly values?: readonly string[];
  /** The least and the greatest value of a number, where there are such. */
  readonly least?: number;
  readonly most?: number;
}

type Fields = Readonly<Record<string, Field>>;

/** Monday to Sunday, as `time.weekday` says them. */
export const weekdays = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const;

const text: Field = { type: "string" };
const maybe: Field = { type: "string", optional: true };
const count: Field = { type: "int", least: 0 };

/** The variables of an expression with their fields; `budget` is by id, and `params` is whatever was sent. */
export const variables: Readonly<Record<"action" | "subject" | "run" | "time", Fields>> = {
  action: {
    kind: { type: "string", values: actionKinds },
    name: text,
    provider: maybe,
    capability: { type: "string", optional: true, values: capabilities },
    maxOutputTokens: { type: "int", optional: true, least: 1 },
    inputTokens: { type: "int", optional: true, least: 0 },
    amounts: { type: "map<string, int>" },
  },
  subject: {
    tenant: maybe,
    user: maybe,
    agent: maybe,
    role: maybe,
    session: maybe,
    capability: { type: "string", optional: true, values: capabilities },
  },
  run: {
    id: text,
    steps: { type: "int", least: 1 },
    calls: count,
    repeats: { type: "int", least: 1 },
    spent: { type: "int", least: 0, money: true },
    started: { type: "int" },
    seconds: count,
  },
  time: {
    now: { type: "int" },
    hour: { type: "int", least: 0, most: 23 },
    minute: { type: "int", least: 0, most: 59 },
    weekday: { type: "string", values: weekdays },
    date: text,
    zone: text,
  },
};

/** The fields of `budget["id"]`. */
export const budgetFields: Fields = {
  limit: { type: "int" },
  spent: { type: "int" },
  held: { type: "int" },
  left: { type: "int" },
  ratio: { type: "double" },
};

/** All variables. */
export const variableNames: readonly string[] = [...Object.keys(variables), "budget", "params"];

/** The functions of an expression, and the methods of its values. */
export const functions: readonly string[] = ["has", "size", "int", "double", "string", "usd"];
export const methods: readonly string[] = [
  "contains",
  "startsWith",
  "endsWith",
  "matches",
  "lowerAscii",
  "upperAscii",
  "size",
];
/** The methods that look at each item of a list, or each key of a map. */
export const macros: readonly string[] = ["all", "exists", "exists_one", "filter", "map"];

/** The field that a path of two names leads to, such as `time.hour`; null when it is none of ours. */
export function fieldOf(variable: string, name: string): Field | null {
  const fields = (variables as Readonly<Record<string, Fields>>)[variable];
  return fields !== undefined && Object.hasOwn(fields, name) ? (fields[name] ?? null) : null;
}

/** The longest expression, in syntax nodes, and how deep it may nest. */
const limits = { maxAstNodes: 400, maxDepth: 24, maxListElements: 200, maxCallArguments: 4 };

/** Makes what parses expressions and checks their types. */
export function createEnvironment(): Environment {
  const environment = new Environment({ limits, unlistedVariablesAreDyn: false });
  const schemaOf = (fields: Fields): Record<string, string> =>
    Object.fromEntries(Object.entries(fields).map(([name, { type }]) => [name, type]));
  for (const [name, fields] of Object.entries(variables)) {
    environment.registerType({ name: `${name}_`, schema: schemaOf(fields) });
    environment.registerVariable(name, `${name}_`);
  }
  environment.registerType({ name: "budget_", schema: schemaOf(budgetFields) });
  environment.registerVariable("budget", "map<string, budget_>");
  environment.registerVariable("params", "dyn");
  environment.registerFunction("usd(string): int", () => 0n);
  return environment;
}
