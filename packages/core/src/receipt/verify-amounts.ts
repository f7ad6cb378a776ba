import type { ReceiptClaim, SettlementBody } from "./receipt.ts";

/**
 * What a settlement of these claims does not explain of its amounts, in words for a person; null when nothing.
 *
 * Whatever was booked above a claim must be its overage, and there may be no other overage. A settlement after
 * expiry has nothing held any more: its overage is what did not fit under the limit then, which no receipt
 * tells, so that it can only be held against the amount booked. Units that were not held are not bounded.
 */
export function whyUnexplained(body: SettlementBody, claims: readonly ReceiptClaim[]): string | null {
  const { outcome, amounts, overage = [], late = false } = body;
  const booked = new Map(amounts.map(({ unit, amount }) => [unit, BigInt(amount)]));
  if (booked.size < amounts.length) return "it books one unit twice";
  if (outcome !== "settled") return overage.length === 0 ? null : `it has overage, but was ${outcome}`;

  const said = new Map(overage.map((over) => [keyOf(over), BigInt(over.amount)]));
  if (said.size < overage.length) return "it has two overages of one claim";
  for (const claim of claims) {
    const held = BigInt(claim.amount);
    const actual = booked.get(claim.unit) ?? held;
    const key = said.size === 0 ? "" : keyOf(claim);
    const over = said.get(key) ?? 0n;
    said.delete(key);
    const where = `${claim.unit} of budget "${claim.budget}"`;
    if (late && over > actual) return `it books ${actual} ${where}, but has an overage of ${over}`;
    if (!late && over !== (actual > held ? actual - held : 0n)) {
      return `it books ${actual} ${where}, of which ${held} was held, with an overage of ${over}`;
    }
  }
  return said.size === 0 ? null : "it has an overage of what was never held";
}

function keyOf({ budget, partition, window, unit }: ReceiptClaim): string {
  return JSON.stringify([budget, partition, window, unit]);
}
