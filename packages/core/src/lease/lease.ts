import type { Claim, Reservation, ReserveRequest } from "../ledger/ledger.ts";
import type { Deferred } from "./deferred.ts";

/** Money that this process has taken out of one balance and grants by itself. */
export interface Lease {
  readonly reservation: Reservation;
  readonly claim: Claim;
  /** The chain that tells of all that is granted out of it. */
  readonly chain: string | undefined;
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

/** What of a request decides which leases it may be granted out of, besides its claims. */
export type GrantTerms = Pick<ReserveRequest, "expiresAt" | "chain">;

/** Whether an amount under a limit, held until `expiresAt` and told of in a chain, can be granted out of a lease. */
export function fits(lease: Lease, { amount, limit }: Claim, { expiresAt, chain }: GrantTerms): boolean {
  return (
    lease.left >= amount &&
    lease.claim.limit === limit &&
    lease.expiresAt >= expiresAt &&
    lease.chain === chain
  );
}
