import type { Subject } from "../action/subject.ts";

/** Where an approval stands; `used` means its one action went through. */
export type ApprovalStatus = "pending" | "granted" | "denied" | "expired" | "used";

/** A request that somebody approve one action of one run. */
export interface Approval {
  readonly id: string;
  readonly status: ApprovalStatus;
  /** Digest of the action that it is bound to: a changed argument needs a new one. */
  readonly digest: string;
  /** Digest of the policy that it was asked for under: a grant is good under that one alone. */
  readonly policy: string | null;
  readonly run: string;
  readonly action: { readonly kind: string; readonly name: string };
  readonly subject: Subject;
  /** Why approval is needed. */
  readonly reason: string;
  /** Who may approve, such as a role; null when the rule does not say. */
  readonly approver: string | null;
  /** Epoch milliseconds. */
  readonly requestedAt: number;
  readonly expiresAt: number;
  /** The id of the decision that it was used up for; null unless it is used. */
  readonly decision: string | null;
  /** Who granted or denied it, and why; null while it is pending. */
  readonly answer: { readonly by: string; readonly reason: string | null; readonly at: number } | null;
}

/** Who answers an approval, and why. */
export interface ApprovalAnswer {
  readonly by: string;
  readonly reason?: string;
}

/** Which approvals to list. */
export interface ApprovalQuery {
  /** @default "pending" */
  readonly status?: ApprovalStatus | "all";
  /** Only those of the run with this id. */
  readonly run?: string;
}

/**
 * The approvals of one gate, or of all that share a store.
 *
 * All methods reject with StorageFailed, or whatever the store throws, when it fails.
 */
export interface Approvals {
  /** All that are remembered, oldest first; by default only pending ones. */
  list(query?: ApprovalQuery): Promise<readonly Approval[]>;
  get(id: string): Promise<Approval | null>;
  /**
   * Lets the action through once, when its run asks again.
   *
   * @throws InvalidAction when it is not pending any more, or nobody says so.
   */
  grant(id: string, answer: ApprovalAnswer): Promise<Approval>;
  /** Refuses the action for good. @throws InvalidAction when it is not pending any more, or nobody says so. */
  deny(id: string, answer: ApprovalAnswer): Promise<Approval>;
}
