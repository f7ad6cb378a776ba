import type { Action } from "../action/action.ts";
import { type Capability, capabilities, covers } from "../action/capability.ts";
import { readChoice, readRecord } from "../action/config-values.ts";
import { checkPattern, namePattern } from "../action/name-pattern.ts";
import type { Subject } from "../action/subject.ts";
import { checkEvaluatorName } from "./check-evaluators.ts";
import type { Evaluator, Verdict } from "./evaluator.ts";

/** Options of {@link capabilityTiers}. */
export interface CapabilityTiersOptions {
  /** The tier that a tool needs, by its exact name or the beginning of it (`send_*`). */
  readonly tools: Readonly<Record<string, Capability>>;
  /** The tier that every other tool needs, or `"deny"` to let none of them through. @default "deny" */
  readonly otherwise?: Capability | "deny";
  /** The tier granted to each role, for subjects that carry no capability of their own. @default {} */
  readonly grants?: Readonly<Record<string, Capability>>;
  /** @default "capability-tiers" */
  readonly name?: string;
}

const allow: Verdict = Object.freeze({ decision: "allow" });

/**
 * Denies what needs a higher capability tier than the subject is granted.
 *
 * A tool call needs the higher of its pattern's tier and the action's own `capability`; with neither,
 * `otherwise`. Actions of other kinds need only their own `capability`, if they have one. The subject is
 * granted its `capability`, else what `grants` gives its `role`; with neither it is denied, and the reason
 * names the missing field.
 *
 * @throws InvalidConfig naming the member that makes no sense.
 */
export function capabilityTiers(options: CapabilityTiersOptions): Evaluator {
  const { name = "capability-tiers", otherwise = "deny" } = options;
  checkEvaluatorName(name, "name");
  const tools = readTiers(options.tools, "tools");
  for (const pattern of tools.keys()) checkPattern(pattern, `tools["${pattern}"]`);
  const grants = readTiers(options.grants ?? {}, "grants");
  if (otherwise !== "deny") readChoice(otherwise, "otherwise", capabilities);
  const match = namePattern([...tools.keys()], "tools");

  return {
    name,
    evaluate(action: Action): Verdict {
      const pattern = action.kind === "tool" ? match(action.name) : null;
      const listed = pattern === null ? undefined : tools.get(pattern);
      let required = higher(listed, action.capability);
      if (required === undefined) {
        if (action.kind !== "tool") return allow;
        if (otherwise === "deny") {
          return deny(`tool "${action.name}" has no capability tier; list it under tools, or set otherwise`);
        }
        required = otherwise;
      }
      const granted = grantOf(action.subject, grants);
      if (granted !== undefined && covers(granted, required)) return allow;
      const held = granted === undefined ? lackOf(action.subject, grants) : `the subject has ${granted}`;
      return deny(`${action.kind} "${action.name}" needs ${required}; ${held}`, pattern);
    },
  };
}

function grantOf(subject: Subject, grants: ReadonlyMap<string, Capability>): Capability | undefined {
  if (subject.capability !== undefined) return subject.capability;
  return subject.role === undefined ? undefined : grants.get(subject.role);
}

/** Why nothing is granted, by the name of the field that is missing. */
function lackOf(subject: Subject, grants: ReadonlyMap<string, Capability>): string {
  if (subject.role !== undefined && grants.size > 0) {
    return `role "${subject.role}" is granted none, and subject.capability is missing`;
  }
  return grants.size > 0
    ? "subject.capability and subject.role are missing"
    : "subject.capability is missing";
}

function higher(a: Capability | undefined, b: Capability | undefined): Capability | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return covers(a, b) ? a : b;
}

function readTiers(tiers: Readonly<Record<string, Capability>>, field: string): Map<string, Capability> {
  const entries = Object.entries(readRecord(tiers, field));
  return new Map(entries.map(([key, tier]) => [key, readChoice(tier, `${field}["${key}"]`, capabilities)]));
}

function deny(reason: string, rule: string | null = null): Verdict {
  return rule === null ? { decision: "deny", reason } : { decision: "deny", reason, rule };
}
