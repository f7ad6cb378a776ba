import type { LeasedGrant } from "../ledger/leasing.ts";
import type { ReleaseResult, Reservation, SettleResult } from "../ledger/ledger.ts";
import type { Deferred } from "./deferred.ts";
import type { Lease } from "./lease.ts";

/** How a grant is to end. */
export type GrantEnding = NonNullable<LeasedGrant["ending"]>;

/** What the shared ledger answers to an ending. */
export type EndingAnswer = SettleResult | ReleaseResult;

/** A reservation that was granted here and has not ended, as far as this process knows. */
export interface OpenGrant {
  readonly reservation: Reservation;
  readonly leases: readonly Lease[];
  /** As it was last extended to. */
  expiresAt: number;
  /** How it is to end; null while nobody has said so. */
  ending: GrantEnding | null;
  /** Whoever ended it. */
  waiting: Deferred<EndingAnswer> | null;
  isRecorded: boolean;
  isQueued: boolean;
  /** How often the shared ledger took others and not this one. */
  refusals: number;
}
