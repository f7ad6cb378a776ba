import type { Balance, BalanceQuery } from "../action/balance.ts";
import type { Awaitable } from "../awaitable.ts";
import type { Reservation } from "./ledger.ts";

/** A reservation as a ledger keeps it, for people. */
export interface KeptReservation {
  /** With the expiry as it was last extended to. */
  readonly reservation: Reservation;
  readonly status: "open" | "settled" | "released" | "expired";
  /** When it was granted, in epoch milliseconds. */
  readonly createdAt: number;
}

/** Which reservations to list; an absent member matches all. */
export interface ReservationQuery {
  /** The one with this id. */
  readonly id?: string;
  /** Only those that hold something. */
  readonly status?: "open";
  /** Those with a claim on this budget. */
  readonly budget?: string;
  /** How many at most. @default 100 */
  readonly limit?: number;
}

/** Which adjustments to list. */
export interface AdjustmentQuery {
  /** Those of this budget. @default of all budgets */
  readonly budget?: string;
  /** How many at most. @default 100 */
  readonly limit?: number;
}

/** A correction of what was spent, by a person. */
export interface Adjustment {
  /** Unique for ever: adjusting again with it changes nothing more. */
  readonly id: string;
  /** Money put in (below 0), money given back (below 0), or spending that is booked or taken back by hand. */
  readonly kind: "top_up" | "refund" | "correction";
  readonly budget: string;
  readonly partition: string;
  readonly window: string;
  readonly unit: string;
  /** Added to what was spent, which may come below 0: then more than the limit can be spent. */
  readonly amount: bigint;
  /** Who adjusts. */
  readonly by: string;
  readonly reason: string;
}

/** An adjustment as it is kept. */
export interface KeptAdjustment extends Adjustment {
  /** In epoch milliseconds. */
  readonly adjustedAt: number;
}

/** What people do with a ledger that outlives the process, beside what a gate does. */
export interface LedgerAdmin {
  /** All balances that match. */
  balances(query: BalanceQuery): Awaitable<readonly Balance[]>;
  /** The newest reservations first. */
  reservations(query?: ReservationQuery): Awaitable<readonly KeptReservation[]>;
  /**
   * Changes what was spent, keeps who did it and why, and answers the balance as it is then.
   *
   * @throws StorageFailed when there is no such balance, it would leave the range of 64-bit integers, a top-up or
   * refund is not below 0, or the id was used for another adjustment; nothing is changed then.
   */
  adjust(adjustment: Adjustment): Awaitable<Balance>;
  /** The newest adjustments first; their receipts are written after them, so that one may be missing. */
  adjustments(query?: AdjustmentQuery): Awaitable<readonly KeptAdjustment[]>;
}
