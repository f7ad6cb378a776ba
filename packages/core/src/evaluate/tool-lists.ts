import type { ActionKind } from "../action/action.ts";
import type { Evaluator } from "./evaluator.ts";
import { type NameListOptions, nameList } from "./name-list.ts";

/**
 * Denies every tool call but those listed, by exact name or beginning (`search_*`).
 *
 * It looks at tool calls only: model calls and other effects pass. An empty list denies every tool call.
 *
 * @throws InvalidConfig when a pattern makes no sense.
 */
export function allowTools(patterns: readonly string[], options?: NameListOptions): Evaluator {
  return nameList({ noun: "tool", listed: "allow", appliesTo: isTool }, patterns, options);
}

/**
 * Denies the tool calls listed, by exact name or beginning (`delete_*`); the rule is the pattern.
 *
 * It looks at tool calls only: model calls and other effects pass.
 *
 * @throws InvalidConfig when a pattern makes no sense.
 */
export function denyTools(patterns: readonly string[], options?: NameListOptions): Evaluator {
  return nameList({ noun: "tool", listed: "deny", appliesTo: isTool }, patterns, options);
}

function isTool(kind: ActionKind): boolean {
  return kind === "tool";
}
