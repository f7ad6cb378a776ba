import type { BudgetInput } from "@tollgate/core";

/** How many callers each writer has at the same time. */
export const callers = 8;

/** What an action costs at most: $0.05. */
export const priceNano = 50_000_000n;

export const reservationTtlMs = 60_000;

/** What the writers draw on: one limit that they reach all the time, and one that they do not. */
export const budgets: readonly BudgetInput[] = [
  { id: "each-run", limit: "5 calls", per: "run" },
  { id: "money", limit: "$100000", per: "total", by: ["user"] },
];
