import type { Claim, Reservation } from "../ledger/ledger.ts";
import type { Deferred } from "./deferred.ts";

/** Money that this process has taken out of one balance and grants by itself. */
export interface Lease {
  readonly reservation: Reservation;
  readonly claim: Claim;
  /** What was not granted yet. */
  left: bigint;
  expiresAt: number;
  /** How many grants out of it the shared ledger does not know of yet. */
  unrecorded: number;
  /** Whether something was granted since the last look for idle leases. */
  isUsed: boolean;
  isRenewing: boolean;
  /** Set once nothing more may be granted; settled when the money is back, or is not ours any more. */
  returned: Deferred<void> | null;
}

/** Whether an amount under a limit, held until `expiresAt`, can be granted out of a lease. */
export function fits(lease: Lease, { amount, limit }: Claim, expiresAt: number): boolean {
  return lease.left >= amount && lease.claim.limit === limit && lease.expiresAt >= expiresAt;
}
