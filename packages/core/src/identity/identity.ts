import type { Subject } from "../action/subject.ts";
import type { Awaitable } from "../awaitable.ts";

/** What a credential turned out to say; every field that is absent is one that nobody may claim. */
export interface Verified {
  /** Who it is: agent, tenant, role, user, and the highest capability that is granted. */
  readonly subject: Subject;
  /** From when on it is good for nothing, in epoch milliseconds. */
  readonly expiresAt: number;
  /** What the caller may say itself where the credential says nothing of it. @default [] */
  readonly callerFills?: readonly CallerField[];
  /** Whether it was revoked meanwhile: asked before each action. @default nobody is asked */
  readonly revoked?: () => Awaitable<boolean>;
}

/** A subject field that is no power of its own, so that a caller can be allowed to fill it in. */
export type CallerField = "user" | "session";

/** Why a credential is not accepted, in words that quote nothing of it: they are written into receipts. */
export interface Unverified {
  readonly refused: string;
}

/**
 * Tells who shows a credential, at `now` in epoch milliseconds.
 *
 * Called once for each run. Answers `refused` for a credential that is not good; throws or rejects only where it
 * cannot tell, such as when keys cannot be fetched: then it is asked again with the next action.
 */
export type VerifyCredential = (credential: string, now: number) => Awaitable<Verified | Unverified>;

/** Why an action is not admitted: the credential is no good for it, or nobody could tell. */
export interface IdentityRefusal {
  readonly code: "identity_denied" | "identity_failed";
  readonly reason: string;
  /** What failed, where nobody could tell. */
  readonly cause?: unknown;
}

/** Waits for an answer, but not for ever; rejects when the time is up. */
export type InTime = <T>(who: string, answer: Awaitable<T>) => Awaitable<T>;

/** Who acts in a run, by the credential that was shown when it was opened. */
export interface Holder {
  /** What the credential says, narrowed by what the caller said; null until it is verified, or if it is refused. */
  readonly subject: Subject | null;
  /** A child run of it: the same credential, and never more than its parent. */
  child(claims: Subject): Holder;
  /**
   * Whether it may act at `now`, with `claims` for one action alone; null when it may.
   *
   * Never throws and never rejects.
   */
  admit(now: number, claims: Subject | undefined): Awaitable<IdentityRefusal | null>;
}

/** Who may act in a gate; made by `createIdentity`, or by `jwtIdentity` of `@tollgate/identity`. */
export interface Identity {
  /** Whoever shows `credential` and says `claims` of themselves; nothing is verified yet. */
  holder(credential: unknown, claims: Subject, inTime: InTime): Holder;
}
