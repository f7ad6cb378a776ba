import type { Amounts, Charge, UnrecordedEnding, UsageSource } from "@tollgate/core";
import { isAmount } from "@tollgate/core/driver";

type Overage = NonNullable<UnrecordedEnding["overage"]>;

/** What is stored: the source, the overage if there was any, then units and amounts in turns. */
type StoredSettlement = [source: UsageSource, overage: Overage | 0, ...booked: string[]];

/** Writes what a settlement's receipt has to say of it, should its process die before it is written. */
export function settledText(source: UsageSource, amounts: Amounts, charges: readonly Charge[]): string {
  const over = charges.filter(({ overage }) => overage > 0n);
  const stored: StoredSettlement = [source, over.length === 0 ? 0 : over.map(overageOf)];
  for (const unit of Object.keys(amounts)) {
    const amount = amounts[unit];
    if (isAmount(amount)) stored.push(unit, String(amount));
  }
  // A unit that was not named is booked as reserved.
  for (const { claim, actual } of charges) {
    if (!Object.hasOwn(amounts, claim.unit)) stored.push(claim.unit, String(actual));
  }
  return JSON.stringify(stored);
}

/** Reads what {@link settledText} wrote. */
export function readSettled(text: string): Omit<UnrecordedEnding, "late"> {
  const [source, overage, ...booked]: StoredSettlement = JSON.parse(text);
  const amounts = new Map<string, string>();
  for (let at = 0; at < booked.length; at += 2) amounts.set(booked[at] ?? "", booked[at + 1] ?? "0");
  return {
    outcome: "settled",
    amounts: [...amounts].sort(byUnit).map(([unit, amount]) => ({ unit, amount })),
    source,
    ...(overage === 0 ? {} : { overage }),
  };
}

function byUnit([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : 1;
}

function overageOf({ claim, overage }: Charge): Overage[number] {
  const { budget, partition, window, unit } = claim;
  return { budget, partition, window, unit, amount: String(overage) };
}
