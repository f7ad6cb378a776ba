import type { Rate } from "./price-catalog.ts";

/** What a rate comes to for a call whose whole input is `input` tokens. */
export function rateAt(rate: Rate, input: number): bigint {
  if (typeof rate === "bigint") return rate;
  let found = rate.base;
  for (const tier of rate.tiers) if (input > tier.start) found = tier.rate;
  return found;
}

/** The most that a rate can come to for any call of at most `input` tokens: a tier may be cheaper. */
export function dearestUpTo(rate: Rate, input: number): bigint {
  if (typeof rate === "bigint") return rate;
  let dearest = rate.base;
  for (const tier of rate.tiers) if (input > tier.start && tier.rate > dearest) dearest = tier.rate;
  return dearest;
}

/** The dearer of two rates, at each size of the input. */
export function dearer(a: Rate, b: Rate): Rate {
  if (typeof a === "bigint" && typeof b === "bigint") return a > b ? a : b;
  const starts = new Set([...tiersOf(a), ...tiersOf(b)].map((tier) => tier.start));
  const at = (input: number): bigint => max(rateAt(a, input), rateAt(b, input));
  return {
    base: at(0),
    tiers: [...starts].sort((x, y) => x - y).map((start) => ({ start, rate: at(start + 1) })),
  };
}

/** The larger of two amounts. */
export function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function tiersOf(rate: Rate): readonly { readonly start: number }[] {
  return typeof rate === "bigint" ? [] : rate.tiers;
}
