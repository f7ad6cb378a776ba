import type { ReceiptClaim, SettlementBody } from "./receipt.ts";

/**
 * What a settlement of these claims does not explain of its amounts, in words for a person; null when nothing.
 *
 * Whatever was booked above a claim must be its overage, and there may be no other overage. A settlement after
 * expiry has nothing held any more: its overage is what did not fit under the limit then, which no receipt
 * tells, so that it can only be held against the amount booked. Units that were not held are not bounded. Without
 * claims, where the decision is not at hand, nothing is bounded.
 */
export function whyUnexplained(body: SettlementBody, claims: readonly ReceiptClaim[] | null): string | null {
  const { outcome, amounts, overage = [], late = false } = body;
  if (hasUnitTwice(amounts)) return "it books one unit twice";
  if (outcome !== "settled") return overage.length === 0 ? null : `it has overage, but was ${outcome}`;

  const said = new Map(overage.map((over) => [keyOf(over), BigInt(over.amount)]));
  if (said.size < overage.length) return "it has two overages of one claim";
  if (claims === null) return null;
  const bookedOf = lookup(amounts);
  for (const claim of claims) {
    const held = BigInt(claim.amount);
    const actual = BigInt(bookedOf(claim.unit) ?? claim.amount);
    const key = said.size === 0 ? "" : keyOf(claim);
    const over = said.get(key) ?? 0n;
    said.delete(key);
    const isExplained = late ? over <= actual : over === (actual > held ? actual - held : 0n);
    if (isExplained) continue;
    const what = `${actual} ${claim.unit} of budget "${claim.budget}"`;
    return `it books ${what}, of which ${late ? 0n : held} was held, with an overage of ${over}`;
  }
  return said.size === 0 ? null : "it has an overage of what was never held";
}

/** Among so few it is faster to look at each than to make a map of them. */
const few = 8;

function hasUnitTwice(amounts: SettlementBody["amounts"]): boolean {
  if (amounts.length > few) return new Set(amounts.map(({ unit }) => unit)).size < amounts.length;
  return amounts.some(({ unit }, index) => amounts.findIndex((other) => other.unit === unit) < index);
}

/** Finds the amount of a unit. */
function lookup(amounts: SettlementBody["amounts"]): (unit: string) => string | undefined {
  if (amounts.length <= few) return (unit) => amounts.find((booked) => booked.unit === unit)?.amount;
  const map = new Map(amounts.map(({ unit, amount }) => [unit, amount]));
  return (unit) => map.get(unit);
}

function keyOf({ budget, partition, window, unit }: ReceiptClaim): string {
  return JSON.stringify([budget, partition, window, unit]);
}
