import { actionKinds } from "@tollgate/core/policy";
import type { ConditionFlaw, ConditionTest } from "./condition-test.ts";

/** Where the fields of a call stand in a policy's conditions: all of them are texts. */
const texts: Readonly<Record<string, string>> = {
  kind: "action.kind",
  name: "action.name",
  provider: "action.provider",
  tenant: "subject.tenant",
  user: "subject.user",
  agent: "subject.agent",
  role: "subject.role",
  session: "subject.session",
  capability: "subject.capability",
};
const always: ReadonlySet<string> = new Set(["kind", "name"]);

/** What CEL does not take for the name of a member. */
const reserved: ReadonlySet<string> = new Set(
  (
    "true false null in as break const continue else for function if import let loop package namespace " +
    "return var void while"
  ).split(" "),
);

/**
 * One comparison of AGT's in CEL, with the answer that AGT gives; or why there is none.
 *
 * A field that is missing compares as in AGT. A value of another type than the one it is compared with, which AGT
 * converts, has no value in CEL, so that such a call is denied.
 */
export function celTest(test: ConditionTest): string | ConditionFlaw {
  const [root = "", ...members] = test.path.split(".");
  if (root === "params") return paramsTest(test, members);
  if (root === "sql" || root === "k8s")
    return { flaw: `AGT works ${test.path} out itself, and conditions here cannot` };
  if (root === "run") return { flaw: "run is the handle of a run, and conditions here know the whole run" };
  if (members.length > 0) return { flaw: `${root} has no members` };
  if (root === "steps") return stepsTest(test);
  const wanted = wantedTexts(test);
  if (wanted === null) return { flaw: `${root} is a text: compare it with texts, by ==, !=, in or not in` };
  const field = texts[root];
  const isSo =
    field === undefined
      ? toolIs(wanted)
      : `${always.has(root) ? "" : `has(${field}) && `}${isOneOf(field, wanted)}`;
  return isNegative(test) ? `!(${isSo})` : isSo;
}

/** A text of CEL's. */
function celText(text: string): string {
  return JSON.stringify(text);
}

/** `field == "a"`, or `field in ["a", "b"]`. */
export function isOneOf(field: string, values: readonly string[]): string {
  const [only = ""] = values;
  return values.length === 1
    ? `${field} == ${celText(only)}`
    : `${field} in [${values.map(celText).join(", ")}]`;
}

/** Whether a missing field fulfils it. */
function isNegative({ op }: ConditionTest): boolean {
  return op === "!=" || op === "not in";
}

function wantedTexts(test: ConditionTest): readonly string[] | null {
  if ("values" in test) return test.values;
  return "value" in test && typeof test.value === "string" ? [test.value] : null;
}

/** `tool` is the name of a tool, and `<kind>:<name>` of what is none; a tool may be called so, too. */
function toolIs(wanted: readonly string[]): string {
  const byKind = new Map<string, string[]>([["tool", [...wanted]]]);
  for (const value of wanted) {
    const colon = value.indexOf(":");
    const kind = value.slice(0, Math.max(0, colon));
    if (kind === "tool" || !(actionKinds as readonly string[]).includes(kind)) continue;
    byKind.set(kind, [...(byKind.get(kind) ?? []), value.slice(colon + 1)]);
  }
  const parts = [...byKind].map(
    ([kind, names]) => `action.kind == ${celText(kind)} && ${isOneOf("action.name", names)}`,
  );
  return parts.length === 1 ? parts.join("") : `(${parts.join(" || ")})`;
}

function stepsTest(test: ConditionTest): string | ConditionFlaw {
  if ("values" in test) {
    const isSo = isOneOf("string(run.steps)", test.values);
    return isNegative(test) ? `!(${isSo})` : isSo;
  }
  if (!("value" in test) || typeof test.value !== "number")
    return { flaw: "steps is a number: compare it with one" };
  return compared("run.steps", test.op, test.value);
}

function paramsTest(test: ConditionTest, members: readonly string[]): string | ConditionFlaw {
  if (members.length === 0)
    return { flaw: "params is compared as a whole: name a member, as in params.amount" };
  for (const name of members) {
    if (name in Object.prototype) return { flaw: `${name} is what every object has, not a member of params` };
    if (/^\d/.test(name)) return { flaw: `${name} is no name: AGT takes it for a place in a list` };
    if (name === "length")
      return { flaw: "length is that of a list in AGT: there is size(...) in tollgate.yaml" };
    if (reserved.has(name)) return { flaw: `${name} is a word of CEL's, and no name of a member` };
  }
  const field = test.path;
  // A call without parameters has null there.
  const isThere = members
    .map((_, at) => ["params", ...members.slice(0, at)].join("."))
    .map((owner, at) => `${owner} != null && has(${owner}.${members[at]})`)
    .join(" && ");
  const holds = valueTest(test, field);
  if (typeof holds !== "string") return holds;
  return isNegative(test) ? `!(${isThere} && ${holds})` : `${isThere} && ${holds}`;
}

/**
 * What a member that is there is asked; of `!=` and `not in`, the opposite. Null is no text and not true, and 0 to AGT
 * beside a number: there it is left to have no value.
 */
function valueTest(test: ConditionTest, field: string): string | ConditionFlaw {
  if ("values" in test) {
    const odd = test.values.find((value) => value === "undefined" || value === "null");
    // AGT compares texts here: 18 is in ['18'].
    return odd === undefined
      ? `${field} != null && ${isOneOf(`string(${field})`, test.values)}`
      : { flaw: `AGT finds what is missing, or null, in a list with '${odd}'` };
  }
  if (test.op === "truthy") return `${field} != null && ${field} == true`;
  if (typeof test.value === "number") return compared(field, test.op === "!=" ? "==" : test.op, test.value);
  return `${field} != null && ${field} == ${typeof test.value === "string" ? celText(test.value) : test.value}`;
}

function compared(field: string, op: string, value: number): string | ConditionFlaw {
  const number = String(value);
  return /^\d+(\.\d+)?$/.test(number) && value <= Number.MAX_SAFE_INTEGER
    ? `${field} ${op} ${number}`
    : { flaw: `${number} is beyond the numbers that are exact` };
}
