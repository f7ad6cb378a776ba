import type { JsonObject, JsonValue } from "../../src/codec/json.ts";

type Check = (value: JsonValue, rule: JsonValue, schema: JsonObject, files: SchemaFiles) => boolean;

/** Schemas by the names that they refer to each other by. */
export type SchemaFiles = ReadonlyMap<string, JsonObject>;

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const equal = (a: JsonValue, b: JsonValue): boolean => JSON.stringify(a) === JSON.stringify(b);
const within = (files: SchemaFiles, value: JsonValue, schema: JsonValue): boolean =>
  satisfies(value, schema, files);
const passed: Check = () => true;

function isOfType(value: JsonValue, name: string): boolean {
  switch (name) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "integer":
      return Number.isInteger(value);
    case "boolean":
    case "number":
    case "string":
      return typeof value === name;
    default:
      throw new Error(`the type ${name} is not understood`);
  }
}

/** The keywords of JSON Schema 2020-12 that the published schemas use. */
const keywords: Readonly<Record<string, Check>> = {
  $schema: passed,
  $id: passed,
  title: passed,
  description: passed,
  then: passed,
  else: passed,
  type: (value, rule) => [rule].flat().some((name) => isOfType(value, name as string)),
  const: (value, rule) => equal(value, rule),
  enum: (value, rule) => (rule as readonly JsonValue[]).some((choice) => equal(value, choice)),
  minimum: (value, rule) => typeof value !== "number" || value >= (rule as number),
  maximum: (value, rule) => typeof value !== "number" || value <= (rule as number),
  // By characters, as JSON Schema counts them.
  minLength: (value, rule) => typeof value !== "string" || [...value].length >= (rule as number),
  maxLength: (value, rule) => typeof value !== "string" || [...value].length <= (rule as number),
  pattern: (value, rule) => typeof value !== "string" || new RegExp(rule as string, "u").test(value),
  minItems: (value, rule) => !Array.isArray(value) || value.length >= (rule as number),
  maxItems: (value, rule) => !Array.isArray(value) || value.length <= (rule as number),
  items: (value, rule, { prefixItems = [] }, files) =>
    !Array.isArray(value) ||
    value.slice((prefixItems as readonly JsonValue[]).length).every((item) => within(files, item, rule)),
  prefixItems: (value, rule, _schema, files) =>
    !Array.isArray(value) ||
    (rule as readonly JsonValue[]).every(
      (schema, index) => value[index] === undefined || within(files, value[index], schema),
    ),
  required: (value, rule) =>
    !isObject(value) || (rule as readonly string[]).every((name) => Object.hasOwn(value, name)),
  properties: (value, rule, _schema, files) =>
    !isObject(value) ||
    Object.entries(rule as JsonObject).every(
      ([name, schema]) => !Object.hasOwn(value, name) || within(files, value[name] as JsonValue, schema),
    ),
  additionalProperties: (value, rule, { properties = {} }, files) =>
    !isObject(value) ||
    Object.entries(value).every(
      ([name, member]) => Object.hasOwn(properties as JsonObject, name) || within(files, member, rule),
    ),
  propertyNames: (value, rule, _schema, files) =>
    !isObject(value) || Object.keys(value).every((name) => within(files, name, rule)),
  anyOf: (value, rule, _schema, files) =>
    (rule as readonly JsonValue[]).some((schema) => within(files, value, schema)),
  oneOf: (value, rule, _schema, files) =>
    (rule as readonly JsonValue[]).filter((schema) => within(files, value, schema)).length === 1,
  allOf: (value, rule, _schema, files) =>
    (rule as readonly JsonValue[]).every((schema) => within(files, value, schema)),
  not: (value, rule, _schema, files) => !within(files, value, rule),
  if: (value, rule, schema, files) => {
    const branch = within(files, value, rule) ? schema.then : schema.else;
    return branch === undefined || within(files, value, branch);
  },
  $ref: (value, rule, _schema, files) => {
    const schema = files.get(rule as string);
    if (schema === undefined) throw new Error(`there is no schema ${rule}`);
    return within(files, value, schema);
  },
};

/**
 * Whether a value satisfies a JSON Schema of the keywords above.
 *
 * @throws Error at any other keyword: what is not understood would pass everything.
 */
export function satisfies(value: JsonValue, schema: JsonValue, files: SchemaFiles): boolean {
  if (typeof schema === "boolean") return schema;
  return Object.entries(schema as JsonObject).every(([keyword, rule]) => {
    const check = keywords[keyword];
    if (check === undefined) throw new Error(`the keyword ${keyword} is not understood`);
    return check(value, rule, schema as JsonObject, files);
  });
}
