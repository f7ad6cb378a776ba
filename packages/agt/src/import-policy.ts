import type { PolicyRule } from "@microsoft/agent-governance-sdk";
import { celCondition, excludeEachOther } from "./cel-condition.ts";
import { isOneOf } from "./cel-test.ts";
import { type AgtCondition, parseAgtCondition } from "./condition.ts";
import { knownFields, lintAgtPolicy } from "./lint.ts";
import type { AgtFinding } from "./lint-rich.ts";
import { policyText, type WrittenRule } from "./policy-text.ts";

/** What becomes of a policy of AGT's: text, or all that stands against it. */
export interface AgtImport {
  /** A `tollgate.yaml`; null where there are findings. */
  readonly text: string | null;
  readonly findings: readonly AgtFinding[];
}

/** A rule whose condition is read; null: it always fires. */
interface OrderedRule {
  readonly written: WrittenRule;
  readonly where: string;
  readonly condition: AgtCondition | null;
}

const ranks = { allow: 0, require_approval: 1, deny: 2 } as const;
const noMatch = "No matching rules, using default";

/**
 * Makes a `tollgate.yaml` of one policy of AGT's rich form, parsed from YAML or JSON, that decides as
 * `PolicyEngine.evaluatePolicy` of 4.0.0 does with this policy alone, its conflict strategy as it comes.
 *
 * Conditions see a call as `agtEvaluator` shows it to AGT. Where AGT would convert a value to another type to compare
 * it, the result denies. Nothing is made of a policy with rules that AGT misreads or that have no equal.
 */
export function importAgtPolicy(document: unknown): AgtImport {
  if (isFlat(document)) {
    const problem =
      "flat rules are not imported: write a policy with a name, and rules with condition and ruleAction";
    return { text: null, findings: [{ where: "rules", problem }] };
  }
  const findings: AgtFinding[] = [...lintAgtPolicy(document)];
  const { name, rules, agents, agent, default_action: byDefault } = Object(document) as ReadPolicy;
  const ordered: OrderedRule[] = [];
  for (const [index, rule] of (Array.isArray(rules) ? rules : []).entries()) {
    if (rule?.enabled === false) continue;
    const { name: id } = Object(rule) as PolicyRule;
    const where = `policy "${name}", rule ${id ? `"${id}"` : `number ${index + 1}`}`;
    const read = readRule(Object(rule) as PolicyRule);
    if ("problems" in read) findings.push(...read.problems.map((problem) => ({ where, problem })));
    else ordered.push({ where, ...read });
  }
  const written = ordered.map((rule, at) => afterEarlier(rule, ordered.slice(0, at), findings));
  if (findings.length > 0) return { text: null, findings };
  const forAgents = agentsRule({ agents, agent }, new Set(written.map(({ id }) => id)));
  const text = policyText({
    origin: String(name),
    otherwise: byDefault === "allow" ? "allow" : "deny",
    rules: forAgents === null ? written : [forAgents, ...written],
  });
  return { text, findings };
}

interface ReadPolicy {
  readonly name: unknown;
  readonly rules: readonly (PolicyRule | null)[] | undefined;
  readonly agents: readonly string[] | undefined;
  readonly agent: string | undefined;
  readonly default_action: unknown;
}

/** Whether it is a document of flat rules, as `loadFromYAML` takes them. */
function isFlat(document: unknown): boolean {
  const { name, rules } = Object(document) as ReadPolicy;
  return (
    name === undefined &&
    Array.isArray(rules) &&
    rules.some((rule) => typeof rule?.action === "string" && rule.ruleAction === undefined)
  );
}

type ReadRule =
  | { readonly written: WrittenRule; readonly condition: AgtCondition | null }
  | { readonly problems: readonly string[] };

/** What only the import asks of a rule: lint has found all else, and what it found is passed over here. */
function readRule({ name, description, condition, ruleAction, effect, ...rule }: PolicyRule): ReadRule {
  const { priority = 0, limit, approvers = [] } = rule;
  const problems: string[] = [];
  if (typeof name === "string" && name !== "" && !/^[\w.-]{1,64}$/.test(name))
    problems.push('its name becomes an id: write 1 to 64 letters, digits, "_", "." or "-"');
  if (Number.isFinite(priority) && !(Number.isInteger(priority) && Math.abs(priority) <= 1000))
    problems.push("priority has no equal: write a whole number from -1000 to 1000");
  if (description !== undefined && !isReason(description))
    problems.push("description becomes the reason: write a text of at most 1000 characters");
  if (limit !== undefined)
    problems.push("limit has no equal: AGT counts from the first call on; write a budget in calls instead");
  const approver = Array.isArray(approvers) ? approvers.join(", ") : "";
  if (approver !== "" && !isReason(approver)) problems.push("approvers come to more than 1000 characters");
  const parsed = typeof condition === "string" && condition !== "" ? parseAgtCondition(condition) : null;
  const read = parsed === null || "flaw" in parsed || !isKnown(parsed) ? null : parsed;
  const cel = read === null ? "true" : celCondition(read);
  if (typeof cel !== "string") problems.push(...cel.map(({ flaw }) => `condition has no equal: ${flaw}`));
  const decision = (ruleAction ?? effect ?? "deny") as keyof typeof ranks;
  if (problems.length > 0 || typeof cel !== "string") return { problems };
  return {
    condition: read,
    written: {
      id: String(name),
      priority,
      when: cel,
      then: decision,
      approver,
      reason: description ?? (decision === "allow" ? "" : `Rule ${name} matched`),
    },
  };
}

function isKnown({ anyOf }: AgtCondition): boolean {
  const fields = knownFields();
  return anyOf.flat().every(({ path }) => fields.has(path.split(".")[0] ?? ""));
}

/**
 * A rule so that earlier ones of its priority decide first where they are less restrictive: in AGT the first that is
 * written wins, here the most restrictive.
 */
function afterEarlier(
  { written, where, condition }: OrderedRule,
  before: readonly OrderedRule[],
  findings: AgtFinding[],
): WrittenRule {
  const earlier = before.filter(
    (rule) => rule.written.priority === written.priority && ranks[rule.written.then] < ranks[written.then],
  );
  const open = earlier.find((rule) => rule.condition === null);
  if (open !== undefined)
    findings.push({ where, problem: `never fires: rule "${open.written.id}" comes first` });
  const others = earlier.filter(
    (rule) => condition === null || rule.condition === null || !excludeEachOther(rule.condition, condition),
  );
  if (others.length === 0) return written;
  const own = condition === null ? [] : [condition.anyOf.length > 1 ? `(${written.when})` : written.when];
  return { ...written, when: [...own, ...others.map((rule) => `!(${rule.written.when})`)].join(" && ") };
}

/** What denies everybody whom the policy does not name; null where it holds for all. */
function agentsRule(
  { agents, agent }: Pick<ReadPolicy, "agents" | "agent">,
  ids: ReadonlySet<string>,
): WrittenRule | null {
  const named = [...new Set([...(agent ? [agent] : []), ...(agents ?? [])])];
  if (named.length === 0 || named.includes("*")) return null;
  let id = "other-agents";
  for (let count = 2; ids.has(id); count++) id = `other-agents-${count}`;
  const when = `!(has(subject.agent) && ${isOneOf("subject.agent", named)})`;
  return { id, priority: 1000, when, then: "deny", approver: "", reason: noMatch };
}

function isReason(text: unknown): boolean {
  return typeof text === "string" && text.trim() !== "" && text.length <= 1000 && text.isWellFormed();
}
