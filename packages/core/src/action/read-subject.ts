import { capabilities } from "./capability.ts";
import { checkMembers, readChoice, readText } from "./input-members.ts";
import { type Subject, subjectFields } from "./subject.ts";

const members: ReadonlySet<string> = new Set<string>([...subjectFields, "capability"]);

/**
 * Checks a subject as its caller gave it and copies it.
 *
 * A field that is given as undefined stays so: it takes away what the run's subject says, so that an unknown
 * user is never charged to another.
 *
 * @throws InvalidAction naming the field that is wrong.
 */
export function readSubject(input: unknown): Subject {
  checkMembers(input, members, "subject");
  const given = input as Readonly<Record<keyof Subject, unknown>>;
  const subject: Partial<Record<keyof Subject, unknown>> = {};
  for (const field of Object.keys(given) as (keyof Subject)[]) {
    const value = given[field];
    if (value === undefined) subject[field] = undefined;
    else if (field === "capability") subject[field] = readChoice(value, capabilities, field, "subject");
    else subject[field] = readText(value, field, "subject");
  }
  return Object.freeze(subject) as Subject;
}
