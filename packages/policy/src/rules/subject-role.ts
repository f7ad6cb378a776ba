import type { Subject } from "@tollgate/core";
import type { RoleAssignment } from "../document/read-roles.ts";

/** Who is assigned which roles, found by the fields that assignments go by and not by looking through all of them. */
export class SubjectRoles {
  /** By the names of the fields, and then by their values. */
  readonly #byFields = new Map<
    string,
    { readonly fields: readonly string[]; readonly roles: Map<string, string[]> }
  >();

  constructor(assignments: readonly RoleAssignment[]) {
    for (const { fields, role } of assignments) {
      const names = Object.keys(fields).sort();
      const key = names.join(" ");
      const group = this.#byFields.get(key) ?? { fields: names, roles: new Map<string, string[]>() };
      this.#byFields.set(key, group);
      const values = JSON.stringify(names.map((name) => fields[name]));
      group.roles.set(values, [...(group.roles.get(values) ?? []), role]);
    }
  }

  /** Whether nobody is assigned a role. */
  get isEmpty(): boolean {
    return this.#byFields.size === 0;
  }

  /** The roles that a subject is assigned, in code-unit order; empty when the policy assigns it none. */
  of(subject: Subject): readonly string[] {
    const found = [...this.#byFields.values()].flatMap(
      ({ fields, roles }) =>
        roles.get(JSON.stringify(fields.map((name) => subject[name as keyof Subject]))) ?? [],
    );
    return [...new Set(found)].sort();
  }
}

/** The subject in the role that it is assigned, where it names none and there is just one. */
export function subjectWithRole(subject: Subject, assigned: SubjectRoles): Subject {
  if (subject.role !== undefined || assigned.isEmpty) return subject;
  const [role, ...others] = assigned.of(subject);
  return role === undefined || others.length > 0 ? subject : { ...subject, role };
}

/**
 * The role that counts for a subject: one that it is assigned, whatever it claims, else the one that it comes with;
 * none where it is assigned several and names none of them.
 */
export function roleThatCounts(subject: Subject, assigned: SubjectRoles): string | undefined {
  const roles = assigned.of(subject);
  if (roles.length === 0 || (subject.role !== undefined && roles.includes(subject.role))) return subject.role;
  return roles.length === 1 ? roles[0] : undefined;
}
