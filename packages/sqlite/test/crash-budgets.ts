import type { BudgetInput } from "@tollgate/core";

/** How many callers each writer has at the same time. */
export const callers = 8;

/** What an action costs at most: $0.05. */
export const priceNano = 50_000_000n;

export const reservationTtlMs = 60_000;

/** What writers with leases draw on: little enough that they come to its end. */
export const leasedBudgets: readonly BudgetInput[] = [
  { id: "money", limit: "$20.00", per: "total", by: ["user"] },
];

/** How long a lease lives beyond the reservations that are granted out of it. */
export const leaseTtlMs = 1000;

/** What the writers draw on: one limit that they reach all the time, and one that they do not. */
export const budgets: readonly BudgetInput[] = [
  { id: "each-run", limit: "5 calls", per: "run" },
  { id: "money", limit: "$100000", per: "total", by: ["user"] },
];
