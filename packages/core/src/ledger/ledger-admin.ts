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

/** Which reservations to list. */
export interface ReservationQuery {
  /** Those with a claim on this budget. @default of all budgets */
  readonly budget?: string;
  /** How many at most. @default 100 */
  readonly limit?: number;
}

/** A correction of what was spent: a top-up or refund (negative), or spending that no reservation booked. */
export interface Adjustment {
  readonly budget: string;
  readonly partition: string;
  readonly window: string;
  readonly unit: string;
  /** Added to what was spent. */
  readonly amount: bigint;
  /** Who adjusts. */
  readonly by: string;
  readonly reason: string;
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
   * @throws StorageFailed when there is no such balance, or it would come below 0 or above 2^63 - 1; nothing is
   * changed then.
   */
  adjust(adjustment: Adjustment): Awaitable<Balance>;
}
