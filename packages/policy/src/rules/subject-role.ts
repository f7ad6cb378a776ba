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

/**
 * The role that counts for a subject: one that it is assigned, whatever it claims, else the one that it comes with;
 * none where it is assigned several and names none of them.
 */
export function roleThatCounts(subject: Subject, assignments: readonly RoleAssignment[]): string | undefined {
  const roles = assignedRoles(subject, assignments);
  if (roles.length === 0 || (subject.role !== undefined && roles.includes(subject.role))) return subject.role;
  return roles.length === 1 ? roles[0] : undefined;
}
