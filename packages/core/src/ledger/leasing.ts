import type { Amounts } from "../action/amounts.ts";
import type { Balance } from "../action/balance.ts";
import type { UsageSource } from "../action/usage.ts";
import type { Awaitable } from "../awaitable.ts";
import type { Ledger, ReleaseResult, Reservation, SettleResult } from "./ledger.ts";

/** What the key of every lease begins with; a gate's keys never do. */
export const leaseKeyPrefix: string = "lease ";

/**
 * What the keys of all leases begin with that were taken for a chain of receipts; their ids follow.
 *
 * A chain's gate has one ledger, and what is granted out of leases has its id for a key. So a decision of such a chain
 * that has a reservation and is unknown to the ledger was granted by a process that died before it told anybody.
 */
export function leaseKeysOf(chain: string): string {
  return `${leaseKeyPrefix}${chain} `;
}

/**
 * Whether a reservation is a lease: money that a process took out of a balance in one go, to grant it by itself.
 *
 * A ledger ends leases that have expired like all else, but tells nobody of them: no decision was made for one,
 * so that no receipt is to say how it ended. What was granted out of one and never told is found by its decision.
 */
export function isLease({ key }: Pick<Reservation, "key">): boolean {
  return key.startsWith(leaseKeyPrefix);
}

/** A reservation that a process granted out of its leases, as it stands now. */
export interface LeasedGrant {
  /** One claim on each balance at most. */
  readonly reservation: Reservation;
  /** The ids and keys of the leases that its claims were taken out of, in the order of the claims. */
  readonly leases: readonly Pick<Reservation, "id" | "key">[];
  /** How it ended meanwhile; null while it is open. */
  readonly ending:
    | { readonly outcome: "settled"; readonly amounts: Amounts; readonly source: UsageSource }
    | { readonly outcome: "released"; readonly reason: string }
    | null;
}

/** What became of grants that were recorded. */
export interface Recorded {
  /** In the order of the grants: what `settle` or `release` would have answered; null for one without ending. */
  readonly endings: readonly (SettleResult | ReleaseResult | null)[];
  /** The ids of leases that are not open any more: nothing more may be granted out of them. */
  readonly lost: readonly string[];
  /** Where the balances stand that something was booked on or given back to, as far as that is known. */
  readonly balances: readonly Balance[];
}

/** A {@link Ledger} that processes may take leases from; they are ordinary reservations of one claim each. */
export interface LeasingLedger extends Ledger {
  /**
   * Takes over what was granted out of leases: each grant becomes a reservation of its own, its amounts move from
   * its leases' holds to its own, and it ends where it has an ending. All of it is done or nothing.
   *
   * The same grant may be recorded again, with an ending or because the answer was lost: what is recorded already is
   * not done twice. Where a lease is not open any more its money was given back: the grant holds its claims anew,
   * whatever their limits, for its call may be on its way.
   *
   * @throws StorageFailed when it cannot be done; nothing is changed then.
   */
  record(grants: readonly LeasedGrant[]): Awaitable<Recorded>;
}
