import { parseAmount } from "@tollgate/core/policy";

/** Nano-dollars of a text such as "$5.00"; null when it is none. */
export function dollarsOf(text: string): bigint | null {
  try {
    const { unit, amount } = parseAmount(text, "usd");
    return unit === "usd" ? amount : null;
  } catch {
    return null;
  }
}
