import type { Policy } from "@microsoft/agent-governance-sdk";
import { facetFields } from "./agt-context.ts";
import type { AgtEngine } from "./agt-engine.ts";
import type { FieldValues } from "./field-values.ts";
import { type FlatRule, flatDoubt, readFlatRules } from "./flat-doubt.ts";
import { type AgtLintOptions, knownFields, lintAgtEngine } from "./lint.ts";
import { type AgtFinding, type ReadRule, readRichPolicy } from "./lint-rich.ts";
import { agentsOf } from "./policy-agents.ts";
import { areAsSeen, type SeenRules, seeRules } from "./seen-rules.ts";

/** A policy as it was when it was last looked over. */
interface Loaded {
  readonly policy: Policy;
  /** Null where it holds for every agent. */
  readonly agents: ReadonlySet<string> | null;
  readonly rules: readonly ReadRule[];
}

/** What an engine has loaded, looked over again whenever it changes: engines take rules at any time. */
export class LoadedPolicies {
  readonly #engine: AgtEngine;
  readonly #options: AgtLintOptions;
  readonly facets: ReadonlySet<string> = new Set(facetFields);
  #seen: SeenRules | null = null;
  #findings: readonly AgtFinding[] = [];
  #loaded: readonly Loaded[] = [];
  #flat: readonly FlatRule[] = [];

  constructor(engine: AgtEngine, options: AgtLintOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#look();
  }

  /** What is wrong with what is loaded now. */
  findings(): readonly AgtFinding[] {
    this.#look();
    return this.#findings;
  }

  /** Whether some policy holds for named agents only. */
  get namesAgents(): boolean {
    return this.#loaded.some(({ agents }) => agents !== null);
  }

  /** Why it depends on AGT's guess at a type or a name whether a rule fires for this call; null where it does not. */
  doubt(agent: string, action: string, fields: FieldValues): string | null {
    for (const { agents, rules } of this.#loaded) {
      if (agents !== null && !agents.has(agent)) continue;
      for (const { where, condition } of rules) {
        const holding = condition === null ? true : condition(fields);
        if (typeof holding === "string") return `${where}: ${holding}`;
      }
    }
    return flatDoubt(this.#flat, action, fields);
  }

  #look(): void {
    const engine = this.#engine;
    const policies: Policy[] = [];
    for (const name of engine.listPolicies()) {
      const policy = engine.getPolicy(name);
      if (policy !== undefined) policies.push(policy);
    }
    const rules = engine.getRules();
    if (this.#seen !== null && areAsSeen(this.#seen, policies, rules)) return;
    const fields = knownFields(this.#options);
    this.#findings = lintAgtEngine(engine, this.#options);
    this.#loaded = policies.map((policy) => ({
      policy,
      agents: agentsOf(policy),
      rules: readRichPolicy(policy, fields).rules,
    }));
    this.#flat = readFlatRules(rules);
    this.#seen = seeRules(policies, rules);
  }
}
