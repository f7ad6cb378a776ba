/** Where one budget stands for one partition in one window; amounts in the budget's unit. */
export interface Balance {
  readonly budget: string;
  /** The partition, such as `user=alice`; empty when the budget has one balance for all. */
  readonly partition: string;
  /** The window: its start as an ISO instant, `run:<id>`, or `total`. */
  readonly window: string;
  /** When the window ends in epoch milliseconds; null when it does not end. */
  readonly endsAt: number | null;
  readonly unit: string;
  /** The limit as last seen by the ledger; null when the budget is only tracked. */
  readonly limit: bigint | null;
  /** Settled, overage included. */
  readonly spent: bigint;
  /** Held by open reservations. */
  readonly held: bigint;
}

/** Which balances to look at; an absent field matches all. */
export interface BalanceQuery {
  readonly budget?: string;
  readonly partition?: string;
  readonly window?: string;
}
