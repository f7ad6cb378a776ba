import type { ASTNode } from "@marcbachmann/cel-js";
import { type Atom, alternativesOf } from "../cel/condition.ts";
import { contradictionsOf } from "../cel/contradiction.ts";
import { alwaysText, neverText } from "../cel/contradiction-text.ts";
import type { Flaw } from "../cel/flaw.ts";
import { formOf } from "../cel/form-of.ts";
import { problemPlace } from "../document/problem-place.ts";
import { byPriority, highestPriority, type Rule, rankOf } from "./rule.ts";

/** How many rules are compared with others: those that look alike could else take a minute. */
const mostCompared = 2_000_000;

/**
 * Finds rules that are not what they look like: whose condition is never true, never false, or that another rule
 * always decides before. What is found is sure; not everything is found.
 */
export function checkRules(rules: readonly Rule[]): void {
  // In an order that is not the one they are written in: what is found must not depend on that.
  const alive = rules.toSorted(byPriority).filter((rule) => {
    const flaw = flawOf(rule);
    if (flaw !== null) report(rule, flaw);
    return flaw === null;
  });
  const conjuncts = new Map(alive.map((rule) => [rule, conjunctsOf(rule.when.ast)]));
  const candidates = byRarest(conjuncts);
  let left = mostCompared;
  for (const rule of alive) {
    let by: Rule | undefined;
    for (const conjunct of ["true", ...(conjuncts.get(rule) ?? [])]) {
      for (const other of candidates.get(conjunct) ?? []) {
        left -= 1;
        if (left < 0) return;
        // They are in order: the first that is found is the one to tell of, over all conjuncts.
        if (by !== undefined && byPriority(by, other) < 0) break;
        if (other !== rule && shadows(other, rule, conjuncts)) by = other;
      }
    }
    if (by !== undefined) report(rule, { offset: 0, message: shadowedText(rule, by) });
  }
}

function report(rule: Rule, { offset, message }: Flaw): void {
  const { source, offset: at } = rule.whenAt(offset);
  source.report(at, message);
}

/** What is wrong with a rule by itself, told where its condition decides that it is so. */
function flawOf({ id, when }: Rule): Flaw | null {
  const never = contradictionsIn(when.ast, false);
  if (never !== null) {
    const others = never.length === 1 ? "" : "; what stands beside it is never true, either";
    return {
      offset: offsetOf(never[0]),
      message: `rule "${id}" never matches: ${neverText(never[0])}${others}`,
    };
  }
  const always = when.text === "true" ? null : contradictionsIn(when.ast, true);
  if (always !== null) {
    const others = always.length === 1 ? "" : "; what stands beside it is always true, too";
    const message = `rule "${id}" matches every action: ${alwaysText(always[0])}${others}; if every action is meant, write when: true`;
    return { offset: offsetOf(always[0]), message };
  }
  return null;
}

function contradictionsIn(
  node: ASTNode,
  isNegated: boolean,
): readonly [readonly Atom[], ...(readonly Atom[])[]] | null {
  const alternatives = alternativesOf(node, isNegated);
  const [first, ...others] = (alternatives === null ? null : contradictionsOf(alternatives)) ?? [];
  return first === undefined ? null : [first, ...others];
}

function offsetOf(atoms: readonly Atom[]): number {
  return atoms[0]?.node.range.start ?? 0;
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
  const { line } = problemPlace(by.whenAt(0));
  const where = `rule "${by.id}" (${by.place.source.file}:${line})`;
  return `rule "${rule.id}" never decides: ${where} ${shadowingText(rule, by)}`;
}

/** Why a rule decides before another one, and what to change. */
function shadowingText(rule: Rule, by: Rule): string {
  const above = `give "${rule.id}" a priority above ${by.priority}`;
  const exception =
    by.priority < highestPriority ? above : `give "${by.id}" a priority below ${rule.priority}`;
  if (by.priority > rule.priority) {
    return `of the higher priority ${by.priority} decides before it; ${exception}, or take one of them out`;
  }
  if (by.when.text === rule.when.text && rankOf(by.then) === rankOf(rule.then)) {
    return `has the same condition and also answers ${by.then.decision}; take one of them out`;
  }
  return `answers ${by.then.decision} whenever it matches, and is told of in its place; ${exception} if it is an exception, or take one of them out`;
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
