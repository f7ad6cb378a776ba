import type { Action } from "../action/action.ts";
import { readRecord } from "../action/config-values.ts";
import { namePattern } from "../action/name-pattern.ts";
import { checkEvaluatorName } from "./check-evaluators.ts";
import type { Evaluator, Verdict } from "./evaluator.ts";

/** Options of {@link roleTools}. */
export interface RoleToolsOptions {
  /** @default "role-tools" */
  readonly name?: string;
  /** Whether a deny stops the whole run. @default false */
  readonly terminal?: boolean;
}

const allow: Verdict = Object.freeze({ decision: "allow" });

/**
 * Lets each role call the tools listed for it, by exact name or beginning (`search_*`), and denies every other tool
 * call: also those of a role that is not listed, and of a subject without one.
 *
 * It looks at tool calls only: model calls and other effects pass.
 *
 * @throws InvalidConfig when a pattern makes no sense, naming it.
 */
export function roleTools(
  roles: Readonly<Record<string, readonly string[]>>,
  options: RoleToolsOptions = {},
): Evaluator {
  const { name = "role-tools", terminal = false } = options;
  checkEvaluatorName(name, "name");
  const matches = new Map(
    Object.entries(readRecord(roles, "roles")).map(([role, tools]) => [
      role,
      namePattern(tools as readonly string[], `roles["${role}"]`),
    ]),
  );
  return {
    name,
    evaluate({ kind, name: tool, subject: { role } }: Action): Verdict {
      if (kind !== "tool") return allow;
      const deny = (why: string): Verdict => ({
        decision: "deny",
        terminal,
        reason: `tool "${tool}" ${why}`,
      });
      if (role === undefined) return deny("needs a role, and subject.role is missing");
      const match = matches.get(role);
      if (match === undefined) return deny(`is for none of role "${role}": no tools are listed for it`);
      return match(tool) === null ? deny(`is not one of those of role "${role}"`) : allow;
    },
  };
}
