import { contextFields, facetFields } from "./agt-context.ts";
import type { AgtEngine } from "./agt-engine.ts";
import { lintDefaults } from "./lint-defaults.ts";
import { lintLegacyRules } from "./lint-legacy.ts";
import { type AgtFinding, readRichPolicy } from "./lint-rich.ts";

/** Which fields conditions may look at, besides those that every call has. */
export interface AgtLintOptions {
  /** Names that `context` adds, or that other callers of the engine give. @default [] */
  readonly fields?: readonly string[];
}

/** The names that a condition may begin with. */
export function knownFields(options: AgtLintOptions = {}): ReadonlySet<string> {
  return new Set([...contextFields, ...facetFields, ...(options.fields ?? [])]);
}

/** Finds what AGT 4.0.0 would misread in a policy of its rich form, parsed from YAML or JSON or made in code. */
export function lintAgtPolicy(policy: unknown, options?: AgtLintOptions): readonly AgtFinding[] {
  return readRichPolicy(policy, knownFields(options)).findings;
}

/** Finds what AGT 4.0.0 would misread in all that an engine has loaded, of both its rule sets; empty: nothing. */
export function lintAgtEngine(engine: AgtEngine, options?: AgtLintOptions): readonly AgtFinding[] {
  const fields = knownFields(options);
  const policies = engine.listPolicies().map((name) => engine.getPolicy(name));
  const rules = engine.getRules();
  const empty = policies.length === 0 && rules.length === 0;
  return [
    ...(empty
      ? [{ where: "engine", problem: "has neither a policy nor a rule, and denies everything" }]
      : []),
    ...policies.flatMap((policy) => readRichPolicy(policy, fields).findings),
    ...sharedLimits(policies),
    ...lintDefaults(policies.filter((policy) => policy !== undefined)),
    ...lintLegacyRules(rules, fields),
  ];
}

/** AGT counts by the rule's name alone: two policies with a limited rule of one name would share its count. */
function sharedLimits(policies: readonly ReturnType<AgtEngine["getPolicy"]>[]): readonly AgtFinding[] {
  const limited = new Map<string, string>();
  const findings: AgtFinding[] = [];
  for (const policy of policies) {
    for (const { name, limit } of policy?.rules ?? []) {
      if (name === undefined || limit === undefined) continue;
      const other = limited.get(name);
      if (other !== undefined && other !== policy?.name) {
        findings.push({
          where: `policy "${policy?.name}", rule "${name}"`,
          problem: `shares the count of its limit with the rule of that name in policy "${other}": rename one`,
        });
      }
      limited.set(name, policy?.name ?? "");
    }
  }
  return findings;
}
