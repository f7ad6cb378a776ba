import { StorageFailed } from "@tollgate/core";
import { isAmount, type LeasedGrant, maxAmount } from "@tollgate/core/driver";
import type { BalanceCell, BalanceName } from "./balance-cells.ts";

/**
 * Makes sure, before anything is changed, that what is to be settled can be booked: if it cannot, whatever else shares
 * the transaction need not be given up with it. What was booked before counts once more.
 *
 * @throws StorageFailed for amounts that are none, and where a balance's spending would come to more than 2^63 - 1.
 */
export function checkBookable(
  grants: readonly LeasedGrant[],
  find: (name: BalanceName) => BalanceCell | null,
): void {
  const totals = new Map<BalanceCell | null, bigint>();
  for (const { reservation, ending } of grants) {
    if (ending?.outcome !== "settled") continue;
    for (const { budget, partition, window, unit, amount } of reservation.claims) {
      const actual = Object.hasOwn(ending.amounts, unit) ? ending.amounts[unit] : amount;
      if (!isAmount(actual)) {
        throw new StorageFailed(`cannot book ${String(actual)} ${unit}; nothing was changed`);
      }
      // Balances that are not there yet are few and count together.
      const cell = find({ budget, partition, window, unit });
      const total = (totals.get(cell) ?? cell?.spent ?? 0n) + actual;
      if (total > maxAmount) {
        throw new StorageFailed(
          `budget "${budget}" would come to more than 2^63 - 1 ${unit} spent; nothing was changed`,
        );
      }
      totals.set(cell, total);
    }
  }
}
