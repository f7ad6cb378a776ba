import { parseAgtCondition } from "./condition.ts";
import { type StrictCondition, strictCondition } from "./strict-condition.ts";

/** What is wrong with one rule or policy of AGT's, and what would be right. */
export interface AgtFinding {
  /** Where: `policy "payments", rule "cap"`. */
  readonly where: string;
  readonly problem: string;
}

const actions: ReadonlySet<unknown> = new Set(["allow", "deny", "require_approval"]);
const scopes: ReadonlySet<unknown> = new Set(["global", "tenant", "agent"]);
const limit = /^[1-9]\d*\/(second|minute|hour|day)$/;

type Raw = Readonly<Record<string, unknown>>;

/** A rich rule as it is enforced; no condition: always. */
export interface ReadRule {
  readonly where: string;
  readonly condition: StrictCondition | null;
}

/**
 * Reads a policy document of AGT's rich form, as `loadPolicy` takes it or as it stands in a file, and finds what
 * AGT 4.0.0 would take for something else without a word.
 *
 * `fields` are the names that conditions may begin with.
 */
export function readRichPolicy(
  policy: unknown,
  fields: ReadonlySet<string>,
): { readonly rules: readonly ReadRule[]; readonly findings: readonly AgtFinding[] } {
  const findings: AgtFinding[] = [];
  const {
    name,
    rules,
    default_action: byDefault,
    agents,
    agent,
    scope,
  } = isRaw(policy) ? policy : ({} as Raw);
  const at = `policy ${quoted(name)}`;
  const find = (where: string, problem: string | null): void => {
    if (problem !== null) findings.push({ where, problem });
  };
  find(at, isText(name) ? null : "has no name");
  find(
    at,
    [undefined, "allow", "deny"].includes(byDefault as string) ? null : "default_action is allow or deny",
  );
  find(at, scope === undefined || scopes.has(scope) ? null : "scope is global, tenant or agent");
  find(at, agents === undefined || isTexts(agents) ? null : "agents is a list of ids");
  find(at, agent === undefined || isText(agent) ? null : "agent is an id");
  const patterns = [agent, ...(isTexts(agents) ? (agents as string[]).filter((id) => id !== "*") : [])];
  find(
    at,
    patterns.some((id) => isText(id) && id.includes("*"))
      ? "holds for nobody by a pattern: write whole ids, or agents: ['*'] for everybody"
      : null,
  );
  if (!Array.isArray(rules)) find(at, "has no list of rules");
  const read: ReadRule[] = [];
  const names = new Set<unknown>();
  for (const [index, each] of (Array.isArray(rules) ? rules : []).entries()) {
    const rule: Raw = isRaw(each) ? each : {};
    const where = `${at}, rule ${isText(rule.name) ? quoted(rule.name) : `number ${index + 1}`}`;
    if (rule.enabled === false) continue;
    find(where, isText(rule.name) ? null : "has no name: AGT would not count it against its limit");
    find(where, names.has(rule.name) ? "shares its name: AGT takes the limit of the first" : null);
    names.add(rule.name);
    for (const problem of ruleProblems(rule)) find(where, problem);
    const condition = readCondition(rule.condition, fields);
    if (typeof condition === "string") find(where, condition);
    else read.push({ where, condition });
  }
  return { rules: read, findings };
}

function ruleProblems(rule: Raw): readonly string[] {
  const {
    action,
    ruleAction,
    effect,
    condition,
    conditions,
    limit: rate,
    enabled,
    priority,
    approvers,
    surfaces,
  } = rule;
  const problems: (string | false)[] = [
    action !== undefined &&
      isPolicyAction(action) &&
      `\`action: ${action}\` means deny here: write ruleAction`,
    action !== undefined &&
      !isPolicyAction(action) &&
      "`action` is not looked at in rich policies: write a condition such as tool == 'name'",
    conditions !== undefined && "`conditions` is not looked at in rich policies: write `condition` as text",
    surfaces !== undefined && "`surfaces` is not looked at: the rule holds on all of them",
    enabled !== undefined && typeof enabled !== "boolean" && "enabled is true or false",
    priority !== undefined && !Number.isFinite(priority) && "priority is a number",
    approvers !== undefined && !isTexts(approvers) && "approvers is a list of texts",
    rate !== undefined &&
      !(typeof rate === "string" && limit.test(rate)) &&
      "limit is a count above 0 per second, minute, hour or day, as in 100/hour",
  ];
  const taken = ruleAction ?? effect;
  if (taken === undefined) problems.push(action === undefined && "has no ruleAction, which means deny");
  else if (taken === "warn" || taken === "log")
    problems.push(`${taken} denies in AGT 4.0.0: write allow or deny`);
  else if (!actions.has(taken)) problems.push("ruleAction is allow, deny or require_approval");
  // loadYaml() and loadJson() drop `conditions`, and what is left of such a rule fires always.
  const isOpen = condition === undefined || condition === null || condition === "";
  if (isOpen && taken === "allow")
    problems.push("allows everything without a condition: write default_action: allow");
  return problems.filter((problem) => problem !== false);
}

function readCondition(condition: unknown, fields: ReadonlySet<string>): StrictCondition | null | string {
  if (condition === undefined || condition === null || condition === "") return null;
  if (typeof condition !== "string")
    return "condition is text, such as params.amount > 100; AGT does not read objects";
  const parsed = parseAgtCondition(condition);
  if ("flaw" in parsed) return `never fires as it is meant: ${parsed.flaw}`;
  const unknown = parsed.anyOf.flat().find(({ path }) => !fields.has(path.split(".")[0] ?? ""));
  if (unknown === undefined) return strictCondition(parsed);
  return `no call has a field ${unknown.path}: there are ${[...fields].join(", ")} (more by the option fields)`;
}

function isPolicyAction(value: unknown): boolean {
  return ["allow", "deny", "warn", "log", "require_approval"].includes(value as string);
}

function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function quoted(name: unknown): string {
  return isText(name) ? `"${name}"` : "without a name";
}
