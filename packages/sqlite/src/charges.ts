import type { Amounts, Charge, Claim } from "@tollgate/core";
import { StorageFailed } from "@tollgate/core";
import { isAmount, maxAmount } from "@tollgate/core/driver";
import type { BalanceCell } from "./balance-cells.ts";

/** A claim and the balance that it is charged to. */
export interface Hold {
  readonly claim: Claim;
  readonly cell: BalanceCell;
}

/**
 * What to book for each hold: its unit's amount, or what was held where `amounts` lacks the unit.
 *
 * @throws StorageFailed when an amount is none, or a balance's spending would come to more than 2^63 - 1.
 */
export function readActuals(holds: readonly Hold[], amounts: Amounts): readonly bigint[] {
  const actuals = holds.map(({ claim: { unit, amount } }) => {
    // A unit may be named like a member of every object ("constructor").
    const actual = Object.hasOwn(amounts, unit) ? amounts[unit] : amount;
    if (!isAmount(actual)) {
      throw new StorageFailed(`cannot book ${String(actual)} ${unit}; nothing was changed`);
    }
    return actual;
  });
  for (const { cell } of holds) {
    let total = cell.spent;
    for (let other = 0; other < holds.length; other++) {
      if (holds[other]?.cell === cell) total += actuals[other] ?? 0n;
    }
    if (total > maxAmount) {
      throw new StorageFailed(
        `budget "${cell.budget}" would come to more than 2^63 - 1 ${cell.unit} spent; nothing was changed`,
      );
    }
  }
  return actuals;
}

/** Books what an open reservation's claim came to: what was held for it is free again. */
export function charge({ claim, cell }: Hold, actual: bigint): Charge {
  const { amount } = claim;
  cell.held -= amount;
  cell.spent += actual;
  return { claim, actual, overage: actual > amount ? actual - amount : 0n };
}

/** Books what an expired one's came to: nothing is held for it any more, so what is left under the limit covers it. */
export function chargeLate({ claim, cell }: Hold, actual: bigint): Charge {
  const left = claim.limit === null ? actual : claim.limit - cell.spent - cell.held;
  const covered = left > 0n ? left : 0n;
  cell.spent += actual;
  return { claim, actual, overage: actual > covered ? actual - covered : 0n };
}
