import type { Amounts, Charge, UnrecordedEnding, UsageSource } from "@tollgate/core";
import { isAmount } from "@tollgate/core/driver";

type StoredSettlement = readonly [
  source: UsageSource,
  amounts: Readonly<Record<string, string>>,
  overage?: UnrecordedEnding["overage"],
];

/** Writes what a settlement's receipt has to say of it, should its process die before it is written. */
export function settledText(source: UsageSource, amounts: Amounts, charges: readonly Charge[]): string {
  const booked: Record<string, string> = Object.create(null);
  for (const unit of Object.keys(amounts)) {
    const amount = amounts[unit];
    if (isAmount(amount)) booked[unit] = String(amount);
  }
  for (const { claim, actual } of charges) booked[claim.unit] = String(actual);
  const overage = charges.filter((charge) => charge.overage > 0n).map(overageOf);
  const stored: StoredSettlement = overage.length === 0 ? [source, booked] : [source, booked, overage];
  return JSON.stringify(stored);
}

/** Reads what {@link settledText} wrote. */
export function readSettled(text: string): Omit<UnrecordedEnding, "late"> {
  const [source, amounts, overage]: StoredSettlement = JSON.parse(text);
  return {
    outcome: "settled",
    amounts: Object.keys(amounts)
      .sort()
      .map((unit) => ({ unit, amount: amounts[unit] ?? "0" })),
    source,
    ...(overage === undefined ? {} : { overage }),
  };
}

function overageOf({ claim, overage }: Charge): NonNullable<UnrecordedEnding["overage"]>[number] {
  const { budget, partition, window, unit } = claim;
  return { budget, partition, window, unit, amount: String(overage) };
}
