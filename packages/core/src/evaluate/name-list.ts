import type { Action, ActionKind } from "../action/action.ts";
import { namePattern } from "../action/name-pattern.ts";
import { given } from "../codec/given.ts";
import { InvalidConfig } from "../errors.ts";
import { checkEvaluatorName } from "./check-evaluators.ts";
import type { Evaluator, Verdict } from "./evaluator.ts";

/** Options of the allow and deny lists. */
export interface NameListOptions {
  /** Needed when a gate has two lists of the same sort. @default "allow-tools", "deny-models", ... */
  readonly name?: string;
  /** Whether a deny stops the whole run. @default false */
  readonly terminal?: boolean;
}

/** What makes one sort of list differ from another. */
export interface NameListSort {
  /** What the names are of: "tool" or "model". */
  readonly noun: string;
  readonly listed: "allow" | "deny";
  readonly appliesTo: (kind: ActionKind) => boolean;
}

const allow: Verdict = Object.freeze({ decision: "allow" });

/** Makes an evaluator of a list of names; actions of other kinds are allowed. @throws InvalidConfig */
export function nameList(
  sort: NameListSort,
  patterns: readonly string[],
  options: NameListOptions = {},
): Evaluator {
  const { noun, listed, appliesTo } = sort;
  const { name = `${listed}-${noun}s`, terminal = false } = options;
  checkEvaluatorName(name, "name");
  if (typeof terminal !== "boolean") throw new InvalidConfig("terminal", "expected true or false");
  const match = namePattern(patterns, "patterns");
  return {
    name,
    evaluate(action: Action): Verdict {
      if (!appliesTo(action.kind)) return allow;
      const pattern = match(action.name);
      if ((pattern === null) !== (listed === "allow")) return allow;
      const where = pattern === null ? "not on the list of allowed" : "on the list of denied";
      const reason = `${noun} "${action.name}" is ${where} ${noun}s`;
      return given({ decision: "deny", reason, terminal, rule: pattern ?? undefined });
    },
  };
}
