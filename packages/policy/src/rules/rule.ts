import type { JsonValue, Patch } from "@tollgate/core";
import type { Expression } from "../cel/expression.ts";
import type { Place } from "../document/source.ts";

/** What a rule does with an action that it matches. */
export type RuleThen =
  | { readonly decision: "allow" | "deny" | "stop" }
  | { readonly decision: "skip"; readonly result?: JsonValue }
  | { readonly decision: "degrade"; readonly patch: Patch }
  | { readonly decision: "require_approval"; readonly approver?: string; readonly ttlMs?: number };

/** What rules can decide, least restrictive first: within a priority the most restrictive wins. */
export const ruleDecisions = ["allow", "degrade", "skip", "require_approval", "deny", "stop"] as const;

/** The priorities that rules can have. */
export const lowestPriority = -1000;
export const highestPriority = 1000;

/** How restrictive a rule is. */
export function rankOf({ decision }: RuleThen): number {
  return ruleDecisions.indexOf(decision);
}

/** One rule of a policy. */
export interface Rule {
  readonly id: string;
  /** Rules of a higher one decide first; those of a lower one are then not asked. */
  readonly priority: number;
  readonly when: Expression;
  readonly then: RuleThen;
  /** As it is written: without the secrets in it. */
  readonly written: unknown;
  readonly reason: string;
  readonly place: Place;
  /** Where a character of its condition is. */
  whenAt(offset: number): Place;
}

/** The order in which rules are asked, and told of: whatever the order they are written in. */
export function byPriority(first: Rule, second: Rule): number {
  if (first.priority !== second.priority) return second.priority - first.priority;
  return first.id < second.id ? -1 : 1;
}
