import type { Amounts, Charge, Claim } from "@tollgate/core";
import type { Standing } from "@tollgate/core/driver";

/**
 * What each claim was charged; `standings` holds what stood on each claim's balance before, the same object for
 * claims on one balance. Where it is not known any more, the overage of a late settlement is 0.
 */
export function chargesOf(
  claims: readonly Claim[],
  standings: readonly Standing[],
  amounts: Amounts,
  late: boolean,
): readonly Charge[] {
  const booked = new Map<Standing | undefined, bigint>();
  return claims.map((claim, place) => {
    const standing = standings[place];
    // A unit may be named like a member of every object ("constructor").
    const actual = Object.hasOwn(amounts, claim.unit) ? (amounts[claim.unit] ?? claim.amount) : claim.amount;
    let covered = claim.amount;
    if (late && standing === undefined) {
      covered = actual;
    } else if (late) {
      // Nothing is held for it any more: what is left under the limit covers it, if anything is.
      const spent = (standing?.spent ?? 0n) + (booked.get(standing) ?? 0n);
      covered = claim.limit === null ? actual : claim.limit - spent - (standing?.held ?? 0n);
      if (covered < 0n) covered = 0n;
    }
    booked.set(standing, (booked.get(standing) ?? 0n) + actual);
    return { claim, actual, overage: actual > covered ? actual - covered : 0n };
  });
}
