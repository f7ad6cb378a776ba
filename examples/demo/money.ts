import { formatAmount } from "@tollgate/core";

const cent = 10_000_000n;
const step = cent / 100n;

/** Money as one reads it: `$0.18`, or `$0.1907` where cents are too coarse; what is finer is rounded up. */
export function money(nanoDollars: bigint): string {
  const rounded = ((nanoDollars + step - 1n) / step) * step;
  const text = formatAmount("usd", rounded);
  return rounded % cent === 0n ? text : text.padEnd(text.indexOf(".") + 5, "0");
}

/** The money among a receipt's claims or amounts, in nano-dollars. */
export function usdOf(amounts: readonly { readonly unit: string; readonly amount: string }[]): bigint {
  return BigInt(amounts.find(({ unit }) => unit === "usd")?.amount ?? 0);
}
