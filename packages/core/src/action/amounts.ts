import { InvalidConfig } from "../errors.ts";

/**
 * Quantities by unit, never negative.
 *
 * `usd` is in nano-dollars (10^-9 USD); `tokens`, `input_tokens`, `output_tokens` and `calls` count;
 * any other unit counts whatever its owner says.
 */
export type Amounts = Readonly<Record<string, bigint>>;

/** A quantity as people write it: `"$5.00"`, `"200k tokens"`, `"100 calls"`, or the exact numbers. */
export type AmountInput = string | { readonly unit: string; readonly amount: bigint };

/** One quantity of one unit. */
export interface Amount {
  readonly unit: string;
  readonly amount: bigint;
}

/** Nano-dollars in a dollar. */
export const nanoPerDollar = 1_000_000_000n;

/** The largest amount a ledger can hold: 2^63 - 1, so that every store can use a 64-bit integer. */
export const maxAmount: bigint = 2n ** 63n - 1n;

const unitName = /^[a-z][a-z0-9_]{0,63}$/;
const dollars = /^\$ ?(\d{1,12})(?:\.(\d{1,9}))?$/;
const counted = /^(\d{1,19})(?:\.(\d{1,9}))? ?([kKMG]?) +([a-z][a-z0-9_]{0,63})$/;
const multipliers: Readonly<Record<string, number>> = { "": 0, k: 3, K: 3, M: 6, G: 9 };

/** Units that are a slip of one that the gate counts: a limit in them would never be reached. */
const slips: ReadonlyMap<string, string> = new Map([
  ["call", "100 calls"],
  ["token", "200k tokens"],
  ["input_token", "200k input_tokens"],
  ["output_token", "200k output_tokens"],
  ["dollar", "$5.00"],
  ["dollars", "$5.00"],
  ["k", "200k tokens"],
]);

/**
 * Reads an amount as people write it.
 *
 * Accepts `"$5.00"` (up to nine decimals), `"200k tokens"`, `"1.5M tokens"`, `"100 calls"`,
 * `"20 emails"` and `{ unit, amount }`. A fraction of a counted unit, a negative amount, more than
 * 2^63 - 1, and units that must be slips (`"5 usd"`, `"1 call"`) are refused.
 *
 * @throws InvalidConfig naming `field`.
 */
export function parseAmount(input: AmountInput, field: string): Amount {
  const read = typeof input === "string" ? parseText(input, field) : input;
  if (typeof read !== "object" || read === null || typeof read.amount !== "bigint") {
    throw new InvalidConfig(field, `expected "$5.00", "200k tokens", "100 calls" or { unit, amount: 100n }`);
  }
  // A copy, so that the caller cannot change what was checked.
  const { unit, amount } = read;
  if (typeof unit !== "string" || !unitName.test(unit)) {
    throw new InvalidConfig(
      field,
      `"${String(unit)}" is not a unit; use lower-case letters, digits and _, such as usd or tokens`,
    );
  }
  const meant = slips.get(unit);
  if (meant !== undefined) {
    throw new InvalidConfig(field, `nothing is counted in "${unit}"; write it like "${meant}"`);
  }
  if (amount < 0n) throw new InvalidConfig(field, `is negative; a limit is 0 or more`);
  if (amount > maxAmount) throw new InvalidConfig(field, `is more than 2^63 - 1`);
  return { unit, amount };
}

function parseText(text: string, field: string): Amount {
  const money = dollars.exec(text);
  if (money) {
    const [, whole = "0", fraction = ""] = money;
    return { unit: "usd", amount: BigInt(whole) * nanoPerDollar + BigInt(fraction.padEnd(9, "0")) };
  }
  const count = counted.exec(text);
  if (count) {
    const [, whole = "0", fraction = "", multiplier = "", unit = ""] = count;
    // As a count it would be so many nano-dollars, which nobody means.
    if (unit === "usd") throw new InvalidConfig(field, `cannot read "${text}"; write dollars as "$5.00"`);
    const zeros = multipliers[multiplier] ?? 0;
    if (fraction.replace(/0+$/, "").length > zeros) {
      throw new InvalidConfig(field, `"${text}" is a fraction of one ${unit}; use a whole number`);
    }
    return { unit, amount: BigInt(whole + fraction.slice(0, zeros).padEnd(zeros, "0")) };
  }
  throw new InvalidConfig(
    field,
    `cannot read "${text}"; write "$5.00", "200k tokens", "100 calls" or a count and a unit of your own`,
  );
}

/** One of a unit that the gate counts; a unit of somebody's own is written as its owner writes it. */
const singulars: ReadonlyMap<string, string> = new Map([
  ["calls", "call"],
  ["tokens", "token"],
  ["input_tokens", "input_token"],
  ["output_tokens", "output_token"],
]);

/**
 * Writes an amount for people: `$0.90`, `1500 tokens`, `1 call`; dollars with at least two decimals.
 *
 * {@link parseAmount} reads it back, but for a single call or token: a limit names its unit in full.
 */
export function formatAmount(unit: string, amount: bigint): string {
  if (unit !== "usd") return `${amount} ${amount === 1n ? (singulars.get(unit) ?? unit) : unit}`;
  const sign = amount < 0n ? "-" : "";
  const absolute = amount < 0n ? -amount : amount;
  const fraction = (absolute % nanoPerDollar).toString().padStart(9, "0").replace(/0+$/, "").padEnd(2, "0");
  return `${sign}$${absolute / nanoPerDollar}.${fraction}`;
}
