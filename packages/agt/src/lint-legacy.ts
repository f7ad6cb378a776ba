import type { AgtFinding } from "./lint-rich.ts";

type Raw = Readonly<Record<string, unknown>>;

const effects: ReadonlySet<unknown> = new Set(["allow", "deny", "review"]);
const pattern = /^(\*|[^*]+(\.\*)?)$/;

/** Finds rules of AGT's legacy form (`{ action, effect, conditions }`) that can never fire or say something else. */
export function lintLegacyRules(
  rules: readonly unknown[],
  fields: ReadonlySet<string>,
): readonly AgtFinding[] {
  const findings: AgtFinding[] = [];
  /** The patterns of rules without conditions: what comes after them is never reached. */
  const open: string[] = [];
  for (const [index, each] of rules.entries()) {
    const rule = (typeof each === "object" && each !== null ? each : {}) as Raw;
    const { action } = rule;
    const where = `rule number ${index + 1}${typeof action === "string" ? ` ("${action}")` : ""}`;
    for (const problem of ruleProblems(rule, fields)) findings.push({ where, problem });
    if (typeof action !== "string") continue;
    const before = open.find((earlier) => covers(earlier, action));
    if (before !== undefined)
      findings.push({ where, problem: `never fires: the rule for "${before}" comes first` });
    if (Object.keys(conditionsOf(rule) ?? {}).length === 0) open.push(action);
  }
  return findings;
}

function ruleProblems(rule: Raw, fields: ReadonlySet<string>): readonly string[] {
  const { action, effect, ruleAction, condition } = rule;
  const problems: string[] = [];
  if (typeof action !== "string" || action === "") problems.push("never fires: it has no action");
  else if (!pattern.test(action)) problems.push('never fires: an action is a whole name, "name.*" or "*"');
  if (ruleAction !== undefined) problems.push("`ruleAction` is not looked at here: write effect");
  if (!effects.has(effect)) problems.push("effect is allow, deny or review");
  const conditions = conditionsOf(rule);
  if (typeof condition === "string") {
    problems.push("never fires: a condition in text is for rich policies; here it is { field: value }");
  } else if (conditions === null) {
    problems.push("conditions is an object of fields and values");
  } else {
    for (const [field, value] of Object.entries(conditions)) {
      if (!fields.has(field)) {
        problems.push(`never fires: no call has a field ${field}; there are ${[...fields].join(", ")}`);
      } else if (!["string", "number", "boolean"].includes(typeof value)) {
        problems.push(`never fires: ${field} is compared with something that equals nothing`);
      }
    }
  }
  return problems;
}

/** As AGT chooses them; null where they make no sense. */
function conditionsOf(rule: Raw): Raw | null {
  const conditions = rule.condition ?? rule.conditions ?? {};
  return typeof conditions === "object" && !Array.isArray(conditions) ? (conditions as Raw) : null;
}

function covers(earlier: string, later: string): boolean {
  if (earlier === "*" || earlier === later) return true;
  if (!earlier.endsWith(".*")) return false;
  const stem = earlier.slice(0, -2);
  return later === stem || later.startsWith(`${stem}.`);
}
