import type { ActionKind } from "../action/action.ts";
import type { Evaluator } from "./evaluator.ts";
import { type NameListOptions, nameList } from "./name-list.ts";

/**
 * Denies every model but those listed, by exact id or beginning (`gpt-4o*`).
 *
 * It looks at calls of models of every kind (LLM, embedding, image, ...), by the model's id whoever serves
 * it; tool calls and other effects pass.
 *
 * @throws InvalidConfig when a pattern makes no sense.
 */
export function allowModels(patterns: readonly string[], options?: NameListOptions): Evaluator {
  return nameList({ noun: "model", listed: "allow", appliesTo: isModel }, patterns, options);
}

/**
 * Denies the models listed, by exact id or beginning (`o1*`); the rule is the pattern.
 *
 * It looks at calls of models of every kind; tool calls and other effects pass.
 *
 * @throws InvalidConfig when a pattern makes no sense.
 */
export function denyModels(patterns: readonly string[], options?: NameListOptions): Evaluator {
  return nameList({ noun: "model", listed: "deny", appliesTo: isModel }, patterns, options);
}

function isModel(kind: ActionKind): boolean {
  return kind !== "tool" && kind !== "other";
}
