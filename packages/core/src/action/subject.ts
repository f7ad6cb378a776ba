import type { Capability } from "./capability.ts";

/**
 * On whose behalf an action is taken.
 *
 * Each field is 1 to 256 characters of well-formed Unicode. A budget, rule or partition that needs a
 * field which is absent denies.
 */
export interface Subject {
  readonly tenant?: string;
  readonly user?: string;
  readonly agent?: string;
  readonly role?: string;
  readonly session?: string;
  /** The highest capability tier granted to the caller. */
  readonly capability?: Capability;
}

/** A field of {@link Subject} that budgets may be partitioned and matched by. */
export type SubjectField = "tenant" | "user" | "agent" | "role" | "session";

/** The partition fields, in the order in which they are written. */
export const subjectFields: readonly SubjectField[] = ["tenant", "user", "agent", "role", "session"];
