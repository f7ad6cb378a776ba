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
  readonly defaultName: string;
  /** What the names are of, for the reason: "tool" or "model". */
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
  const { name = sort.defaultName, terminal = false } = options;
  checkEvaluatorName(name, "name");
  if (typeof terminal !== "boolean") throw new InvalidConfig("terminal", "expected true or false");
  const match = namePattern(patterns, "patterns");
  return {
    name,
    evaluate(action: Action): Verdict {
      if (!sort.appliesTo(action.kind)) return allow;
      const pattern = match(action.name);
      if (sort.listed === "allow") {
        if (pattern !== null) return allow;
        return deny(`${sort.noun} "${action.name}" is not on the list of allowed ${sort.noun}s`, terminal);
      }
      if (pattern === null) return allow;
      return deny(`${sort.noun} "${action.name}" is on the list of denied ${sort.noun}s`, terminal, pattern);
    },
  };
}

function deny(reason: string, terminal: boolean, rule?: string): Verdict {
  return given({ decision: "deny", reason, terminal, rule });
}
