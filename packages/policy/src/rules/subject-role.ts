import type { Subject } from "@tollgate/core";
import type { RoleAssignment } from "../document/read-roles.ts";

/** The roles that a subject is assigned; empty when the policy assigns it none. */
export function assignedRoles(subject: Subject, assignments: readonly RoleAssignment[]): readonly string[] {
  const roles = assignments.filter(({ fields }) =>
    Object.entries(fields).every(([field, value]) => subject[field as keyof Subject] === value),
  );
  return [...new Set(roles.map(({ role }) => role))];
}

/** The subject in the role that it is assigned, where it names none and there is just one. */
export function subjectWithRole(subject: Subject, assignments: readonly RoleAssignment[]): Subject {
  if (subject.role !== undefined || assignments.length === 0) return subject;
  const [role, ...others] = assignedRoles(subject, assignments);
  return role === undefined || others.length > 0 ? subject : { ...subject, role };
}
