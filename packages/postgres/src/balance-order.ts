import { Buffer } from "node:buffer";
import type { Claim } from "@tollgate/core";

/** What tells balances apart. */
export type BalanceKey = Pick<Claim, "budget" | "partition" | "window" | "unit">;

/**
 * The order in which everybody locks balances: that of their keys, compared byte by byte in UTF-8.
 *
 * It is the database's own order (collation "C") for the same columns; JavaScript's `<` is another for characters
 * beyond U+FFFF.
 */
export function compareBalances(one: BalanceKey, other: BalanceKey): number {
  return (
    compareBytes(one.budget, other.budget) ||
    compareBytes(one.partition, other.partition) ||
    compareBytes(one.window, other.window) ||
    compareBytes(one.unit, other.unit)
  );
}

function compareBytes(one: string, other: string): number {
  return one === other ? 0 : Buffer.compare(Buffer.from(one), Buffer.from(other));
}
