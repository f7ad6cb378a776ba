import { parseAmount } from "../action/amounts.ts";
import { InvalidConfig } from "../errors.ts";

const decimal = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

/**
 * Nano-dollars in a number of dollars, exactly as its shortest decimal text says; what is finer than a
 * nano-dollar is rounded up.
 *
 * Null for what is no price: negative, infinite or NaN.
 */
export function nanoDollars(dollars: number): bigint | null {
  const match = decimal.exec(`${dollars}`);
  if (match === null) return null;
  const [, whole = "", fraction = "", exponent = "0"] = match;
  const digits = BigInt(whole + fraction);
  const power = 9 - fraction.length + Number(exponent);
  return power >= 0 ? digits * 10n ** BigInt(power) : divideUp(digits, 10n ** BigInt(-power));
}

/**
 * Reads a price as people write it, such as `"$2.50"`: up to nine decimals, exact.
 *
 * @throws InvalidConfig naming `field`.
 */
export function parseDollars(text: string, field: string): bigint {
  if (typeof text !== "string") throw new InvalidConfig(field, `expected dollars as text, such as "$2.50"`);
  const { unit, amount } = parseAmount(text, field);
  if (unit !== "usd") throw new InvalidConfig(field, `"${text}" is not in dollars; write it as "$2.50"`);
  return amount;
}

/** Divides, rounding up: a price is never rounded in the caller's favour. */
export function divideUp(amount: bigint, by: bigint): bigint {
  return (amount + by - 1n) / by;
}
