import type { Subject } from "../action/subject.ts";
import type { Attempt } from "./attempt.ts";
import type { Rules } from "./policy-in-force.ts";

/**
 * Who acts in an attempt: the run's subject, as named for this action alone, in the role that the policy gives it.
 *
 * A role that is claimed stays as it is, for the policy's evaluators to refuse where it is another one. Whoever is not
 * admitted gets none.
 */
export function actingSubject(
  rules: Rules,
  run: Attempt["run"],
  named: Subject | undefined,
  refused: Attempt["refused"],
): Subject {
  const subject = named === undefined ? run.subject : Object.freeze({ ...run.subject, ...named });
  return refused === null && subject.role === undefined ? rules.inRole(subject) : subject;
}
