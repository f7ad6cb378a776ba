import { maxAmount } from "./amounts.ts";

/** Whether a value is an amount that every ledger can hold: a bigint from 0 to 2^63 - 1. */
export function isAmount(value: unknown): value is bigint {
  return typeof value === "bigint" && value >= 0n && value <= maxAmount;
}
