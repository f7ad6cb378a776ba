import type { ASTNode } from "@marcbachmann/cel-js";
import { alternativesOf } from "../cel/condition.ts";
import { isImpossible } from "../cel/contradiction.ts";
import { formOf } from "../cel/form-of.ts";
import { problemPlace } from "../document/problem-place.ts";
import { byPriority, type Rule, rankOf } from "./rule.ts";

/**
 * Finds rules that are not what they look like: whose condition is never true, never false, or that another rule
 * always decides before. What is found is sure; not everything is found.
 */
export function checkRules(rules: readonly Rule[]): void {
  const alive = rules.filter((rule) => {
    const flaw = flawOf(rule);
    if (flaw !== null) report(rule, flaw);
    return flaw === null;
  });
  const conjuncts = new Map(alive.map((rule) => [rule, conjunctsOf(rule.when.ast)]));
  const candidates = byRarest(conjuncts);
  for (const rule of alive) {
    const by = ["true", ...(conjuncts.get(rule) ?? [])]
      .flatMap((conjunct) => candidates.get(conjunct) ?? [])
      .filter((other) => other !== rule && shadows(other, rule, conjuncts))
      .sort(byPriority)[0];
    if (by !== undefined) report(rule, shadowedText(rule, by));
  }
}

function report({ whenPlace: { source, offset } }: Rule, message: string): void {
  source.report(offset, message);
}

function flawOf({ id, when }: Rule): string | null {
  const asked = alternativesOf(when.ast);
  if (asked !== null && isImpossible(asked)) {
    return `rule "${id}" never matches: its condition is never true`;
  }
  if (when.text === "true") return null;
  const opposite = alternativesOf(when.ast, true);
  if (opposite !== null && isImpossible(opposite)) {
    return `rule "${id}" matches every action: its condition is never false; write when: true if you mean that`;
  }
  return null;
}

/** Whether `first` decides whenever `second` matches. */
function shadows(first: Rule, second: Rule, conjuncts: ReadonlyMap<Rule, ReadonlySet<string>>): boolean {
  if (first.priority < second.priority) return false;
  if (first.priority === second.priority && !overrides(first, second, conjuncts)) return false;
  return implies(conjuncts.get(second), conjuncts.get(first));
}

/** Whether `first` wins over `second` within a priority, when both match. */
function overrides(first: Rule, second: Rule, conjuncts: ReadonlyMap<Rule, ReadonlySet<string>>): boolean {
  const [a, b] = [rankOf(first.then), rankOf(second.then)];
  if (a !== b) return a > b;
  // Of two degrades both are applied; of two others that always match alike the first id is told of.
  const isSame = implies(conjuncts.get(first), conjuncts.get(second));
  return isSame && first.then.decision !== "degrade" && first.id < second.id;
}

/** Whether all that the other asks for is asked for here, too. */
function implies(here: ReadonlySet<string> = new Set(), other: ReadonlySet<string> = new Set()): boolean {
  return [...other].every((conjunct) => conjunct === "true" || here.has(conjunct));
}

function shadowedText(rule: Rule, by: Rule): string {
  const { line } = problemPlace(by.whenPlace);
  const where = `rule "${by.id}" (${by.place.source.file}:${line})`;
  const why =
    by.priority > rule.priority
      ? `of the higher priority ${by.priority} decides before it; give it a priority above ${by.priority}, or take one of them out`
      : `answers ${by.then.decision} whenever it matches, and is told of in its place; take one of them out`;
  return `rule "${rule.id}" never decides: ${where} ${why}`;
}

/**
 * Rules by the one of their conjuncts that the fewest have: whoever implies a rule has that one, too, so that not every
 * two of thousands of rules are compared.
 */
function byRarest(conjuncts: ReadonlyMap<Rule, ReadonlySet<string>>): ReadonlyMap<string, readonly Rule[]> {
  const counts = new Map<string, number>();
  for (const set of conjuncts.values()) {
    for (const conjunct of set) counts.set(conjunct, (counts.get(conjunct) ?? 0) + 1);
  }
  const rules = new Map<string, Rule[]>();
  for (const [rule, set] of conjuncts) {
    const asked = [...set].filter((conjunct) => conjunct !== "true");
    const rarest = asked.reduce(
      (best, conjunct) => ((counts.get(conjunct) ?? 0) < (counts.get(best) ?? 0) ? conjunct : best),
      asked[0] ?? "true",
    );
    const known = rules.get(rarest);
    if (known === undefined) rules.set(rarest, [rule]);
    else known.push(rule);
  }
  return rules;
}

function conjunctsOf(node: ASTNode): ReadonlySet<string> {
  if (node.op !== "&&") return new Set([formOf(node)]);
  return new Set([...conjunctsOf(node.args[0]), ...conjunctsOf(node.args[1])]);
}
