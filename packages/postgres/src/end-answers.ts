import type {
  Amounts,
  Claim,
  ReleaseResult,
  Reservation,
  SettleResult,
  UnrecordedEnding,
  UsageSource,
} from "@tollgate/core";
import { StorageFailed } from "@tollgate/core";
import { isAmount } from "@tollgate/core/driver";
import { chargesOf } from "./charges.ts";
import type { Row } from "./database.ts";
import { byClaim, claimsOf, standingsOf } from "./holds.ts";
import { readStored } from "./ledger-rows.ts";

/** How a settled reservation's row tells what was booked. */
interface SettledDetails {
  readonly amounts: Readonly<Record<string, string>>;
  readonly source: UsageSource;
}

/**
 * Amounts as they go to the database.
 *
 * @throws StorageFailed when one is none that a claim's balance could take.
 */
export function sentAmounts(claims: readonly Claim[], amounts: Amounts): Readonly<Record<string, string>> {
  const sent: Record<string, string> = Object.create(null);
  for (const [unit, amount] of Object.entries(amounts)) {
    if (isAmount(amount)) sent[unit] = String(amount);
    else if (claims.some((claim) => claim.unit === unit)) {
      throw new StorageFailed(`cannot book ${String(amount)} ${unit}; nothing was changed`);
    }
  }
  return sent;
}

/** A reason as the database can keep it. */
export function sentReason(reason: string): string {
  return reason.toWellFormed().replaceAll("\0", "\uFFFD");
}

/** Reads what `tollgate.settle` answered; `isRepeat` when an earlier try may have settled it. */
export function settleResult(row: Row | undefined, amounts: Amounts, isRepeat: boolean): SettleResult {
  const late = row?.kept_late === "t";
  const isOurs = row?.answer === "settled" || (isRepeat && row?.answer === "was_settled");
  if (isOurs) {
    const kept = readStored(row?.kept);
    const standings = byClaim(kept, standingsOf(row?.spent ?? null, row?.held ?? null));
    return { status: "settled", charges: chargesOf(claimsOf(kept), standings, amounts, late), late };
  }
  switch (row?.answer) {
    case "was_settled":
      return { status: "conflict", ended: "settled", late };
    case "was_released":
      return { status: "conflict", ended: "released" };
    default:
      return { status: "conflict", ended: "unknown" };
  }
}

/** Reads what `tollgate.release` answered; `isRepeat` when an earlier try may have released it. */
export function releaseResult(row: Row | undefined, isRepeat: boolean): ReleaseResult {
  switch (row?.answer) {
    case "released":
      return { status: "released" };
    case "was_settled":
      return { status: "conflict", ended: "settled" };
    case "was_released":
      return { status: "conflict", ended: "released", otherwise: true };
    case "was_released_so":
      return isRepeat ? { status: "released" } : { status: "conflict", ended: "released" };
    case "was_expired":
      return { status: "conflict", ended: "expired" };
    default:
      return { status: "conflict", ended: "unknown" };
  }
}

/** Reads a row of `tollgate.unrecorded`: what the receipt that is missing has to say. */
export function unrecordedEnding({ claims }: Reservation, { status, late, details }: Row): UnrecordedEnding {
  switch (status) {
    case "settled": {
      const { amounts, source } = JSON.parse(details ?? "") as SettledDetails;
      const byUnit = new Map(Object.entries(amounts));
      for (const { unit, amount } of claims) if (!byUnit.has(unit)) byUnit.set(unit, String(amount));
      const booked = {
        outcome: status,
        amounts: [...byUnit].sort(([one], [other]) => (one < other ? -1 : 1)).map(toAmount),
        source,
      } as const;
      // What did not fit under the limit at that moment is not known any more.
      if (late === "t") return { ...booked, late: true };
      const overage = claims.flatMap((claim) => overageOf(claim, BigInt(byUnit.get(claim.unit) ?? 0)));
      return overage.length === 0 ? booked : { ...booked, overage };
    }
    case "released": {
      const { reason } = JSON.parse(details ?? "") as { readonly reason: string };
      return { outcome: status, amounts: [], reason };
    }
    default:
      return { outcome: "expired", amounts: [] };
  }
}

function toAmount([unit, amount]: readonly [string, string]): UnrecordedEnding["amounts"][number] {
  return { unit, amount };
}

function overageOf(claim: Claim, actual: bigint): NonNullable<UnrecordedEnding["overage"]> {
  const { budget, partition, window, unit, amount } = claim;
  return actual > amount ? [{ budget, partition, window, unit, amount: String(actual - amount) }] : [];
}
