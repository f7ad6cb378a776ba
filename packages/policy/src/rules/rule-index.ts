import type { Action } from "@tollgate/core";
import { type Selector, selectorOf } from "../cel/selector.ts";
import { byPriority, type Rule } from "./rule.ts";

/** Names come from callers, so there is no end to them: so many lists of candidates are kept. */
const mostKept = 2_000;

/** The rules that can match an action, in the order in which they are asked. */
export interface Candidates {
  readonly rules: readonly Rule[];
  /** The budgets that any of them looks at. */
  readonly budgets: readonly string[];
}

/** Finds the rules that an action can match by its kind and name, however many others there are. */
export class RuleIndex {
  readonly #general: Rule[] = [];
  readonly #byKind = new Map<string, Rule[]>();
  readonly #byName = new Map<string, Rule[]>();
  /** By their length, and then by the beginning of the name. */
  readonly #byPrefix = new Map<number, Map<string, Rule[]>>();
  readonly #kinds = new Map<Rule, ReadonlySet<string> | null>();
  readonly #kept = new Map<string, Candidates>();

  constructor(rules: readonly Rule[]) {
    for (const rule of rules) this.#add(rule, selectorOf(rule.when.ast));
  }

  /** The candidates for actions of a kind and name. */
  find({ kind, name }: Pick<Action, "kind" | "name">): Candidates {
    const key = `${kind} ${name}`;
    let found = this.#kept.get(key);
    if (found === undefined) {
      found = this.#collect(kind, name);
      if (this.#kept.size >= mostKept) this.#kept.clear();
      this.#kept.set(key, found);
    }
    return found;
  }

  #add(rule: Rule, { kinds, names }: Selector): void {
    this.#kinds.set(rule, kinds);
    if (names !== null) {
      for (const name of names.exact) put(this.#byName, name, rule);
      for (const prefix of names.prefixes) {
        let prefixes = this.#byPrefix.get(prefix.length);
        if (prefixes === undefined) {
          prefixes = new Map();
          this.#byPrefix.set(prefix.length, prefixes);
        }
        put(prefixes, prefix, rule);
      }
    } else if (kinds !== null) {
      for (const kind of kinds) put(this.#byKind, kind, rule);
    } else {
      this.#general.push(rule);
    }
  }

  #collect(kind: string, name: string): Candidates {
    const found = new Set([
      ...this.#general,
      ...(this.#byKind.get(kind) ?? []),
      ...(this.#byName.get(name) ?? []),
      ...[...this.#byPrefix].flatMap(([length, prefixes]) => prefixes.get(name.slice(0, length)) ?? []),
    ]);
    const rules = [...found].filter((rule) => this.#kinds.get(rule)?.has(kind) !== false).sort(byPriority);
    return { rules, budgets: [...new Set(rules.flatMap(({ when }) => [...when.budgets]))] };
  }
}

function put(map: Map<string, Rule[]>, key: string, rule: Rule): void {
  const rules = map.get(key);
  if (rules === undefined) map.set(key, [rule]);
  else rules.push(rule);
}
