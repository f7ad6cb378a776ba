import type { Awaitable } from "../awaitable.ts";
import type { ReceiptLog } from "../receipt/receipt-log.ts";
import type { Approval, ApprovalQuery } from "./approvals.ts";

/** What somebody said of a request, as a store keeps it. */
export interface ApprovalVerdict {
  readonly status: "granted" | "denied";
  readonly by: string;
  readonly reason: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** An approval as it is now, and whether it is so by what was said just now. */
export interface AnsweredApproval {
  readonly approval: Approval;
  readonly taken: boolean;
}

/**
 * Where approvals are kept: in memory, or where several processes see them.
 *
 * Each method is one step, all or nothing, whoever else is at it; whoever asked for a step that was done writes its
 * receipt. Times are the callers'. A store that cannot be reached throws or rejects, and the gate denies.
 */
export interface ApprovalStore {
  /**
   * Finds what stands for the request's run and action, in this order:
   *
   * 1. a denial, under whatever policy: it is answered;
   * 2. a grant under the request's policy that has not expired at its `requestedAt`: it is used up for the decision,
   *    and answered as `used`;
   * 3. a pending one under the request's policy that has not expired: it is answered;
   * 4. none: the request is kept, and answered.
   */
  ask(request: Approval, decision: string): Awaitable<Approval>;
  /** Answers one that is pending and has not expired at the verdict's time; null when none of that id is kept. */
  answer(id: string, verdict: ApprovalVerdict): Awaitable<AnsweredApproval | null>;
  /** Makes one granted again that is used up for this decision; does nothing to any other. */
  giveBack(id: string, decision: string): Awaitable<void>;
  /** Forgets a request that could not be recorded, as long as it is pending. */
  withdraw(id: string): Awaitable<void>;
  /**
   * Ends what is pending or granted and has expired at `now`; each is told to one caller.
   *
   * One that outlives the process also tells of steps (granted, denied, expired) that were taken minutes ago, of which it
   * has not heard that they were recorded and `log` has no receipt: each to one caller, and again to another when it
   * stays away. They come as the step has left them, whatever has become of them since. Without a log none are looked for.
   */
  expire(now: number, log?: Pick<ReceiptLog, "read">): Awaitable<readonly Approval[]>;
  /** Hears that the receipt of the step that made an approval what it is was written. */
  recorded?(approval: Approval): Awaitable<void>;
  get(id: string): Awaitable<Approval | null>;
  /** The oldest first; one that has expired is pending or granted until `expire` ends it. */
  list(query: ApprovalQuery): Awaitable<readonly Approval[]>;
  close?(): Awaitable<void>;
}

/**
 * The rule of {@link ApprovalStore.ask}, for stores that look at what they keep themselves.
 *
 * Answers the one that stands, of any that are kept, the oldest first: `granted` is to be used up then. Null when the
 * request is to be kept.
 */
export function findStanding(
  kept: readonly Approval[],
  { run, digest, policy, requestedAt }: Approval,
): Approval | null {
  const own = kept.filter((approval) => approval.run === run && approval.digest === digest);
  const find = (status: string): Approval | undefined =>
    own.find((each) => each.status === status && each.policy === policy && each.expiresAt > requestedAt);
  return own.findLast(({ status }) => status === "denied") ?? find("granted") ?? find("pending") ?? null;
}
