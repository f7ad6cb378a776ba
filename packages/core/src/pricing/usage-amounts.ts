import type { Action } from "../action/action.ts";
import { type Amounts, maxAmount } from "../action/amounts.ts";
import { type Usage, usageNames } from "../action/usage.ts";
import { isCount } from "../codec/count.ts";
import type { CallRates } from "./call-rates.ts";
import { dearestInputRate } from "./estimate.ts";
import { divideUp } from "./nano-dollars.ts";
import { dearestUpTo, rateAt } from "./rate.ts";

/** What a call used is worked out from. */
export interface UsageRequest {
  /** What its provider reported, if anything. */
  readonly usage: Usage | undefined;
  /** The rates that it was reserved with; null when they are not known. */
  readonly rates: CallRates | null;
  readonly action: Action;
  /** What was reserved for it. */
  readonly reserved: Amounts;
}

/** What a call used, by unit. */
export interface UsageAmounts {
  /** A unit that is missing is to be booked as reserved; empty when nothing is known. */
  readonly amounts: Amounts;
  /** Why some of it is not known and thus an estimate; null when all of it is. */
  readonly unknown: string | null;
}

const perMillion = 1_000_000n;

/** Usage members in the order in which they are checked. */
const members = Object.keys(usageNames) as (keyof Usage)[];

/**
 * Whether usage says nothing: it is missing, or all of it is missing or zero.
 *
 * A call that went out used something, so this means unknown, never free.
 */
export function isUnknownUsage(usage: Usage | null | undefined): boolean {
  return usage === undefined || usage === null || !members.some((member) => (usage[member] ?? 0) !== 0);
}

/**
 * What a call really used, by unit, from what its provider reported.
 *
 * Cached input is priced as such and once: `inputTokens` includes it. Reasoning is inside `outputTokens`.
 * Where one side is missing (an input of zero too: every model call sends something) what was reserved
 * stands for it. Usage that contradicts itself is not believed at all.
 */
export function amountsFor({ usage, rates, action, reserved }: UsageRequest): UsageAmounts {
  const calls: Amounts = action.amounts.calls === undefined ? { calls: 1n } : {};
  // A tool's price is its price; what a model inside it used is booked by that model's own call.
  if (action.kind === "tool") return { amounts: calls, unknown: null };
  if (usage === undefined || isUnknownUsage(usage)) return nothing("no usage was reported");
  const flaw = flawOf(usage);
  if (flaw !== null) return nothing(flaw);

  const amounts: Record<string, bigint> = { ...calls };
  const input = usage.inputTokens || undefined;
  const output = usage.outputTokens ?? (action.kind === "embedding" ? 0 : undefined);
  const inputTokens = input === undefined ? reserved.input_tokens : BigInt(input);
  const outputTokens = output === undefined ? reserved.output_tokens : BigInt(output);
  if (inputTokens !== undefined) amounts.input_tokens = inputTokens;
  if (outputTokens !== undefined) amounts.output_tokens = outputTokens;
  let unknown = input === undefined || output === undefined ? `no ${missing(input)} were reported` : null;
  if (inputTokens !== undefined && outputTokens !== undefined) {
    amounts.tokens = inputTokens + outputTokens;
    if (rates?.output === undefined && rates !== null && outputTokens > 0n) {
      unknown ??= `${rates.model} has no price for output tokens`;
    } else if (rates !== null) {
      const cost =
        input === undefined
          ? dearestInput(rates, inputTokens, outputTokens)
          : exactInput(rates, input, usage) + outputTokens * rateAt(rates.output ?? 0n, input);
      amounts.usd = divideUp(cost, perMillion) + rates.perCall;
      if (amounts.usd > maxAmount) return nothing("the reported tokens cost more than can be booked");
    }
  }
  return { amounts, unknown };
}

/** The input's price, in nano-dollars times a million: each part at its own rate, in the tier of the whole. */
function exactInput(rates: CallRates, input: number, usage: Usage): bigint {
  const { cacheReadTokens = 0, cacheWriteTokens = 0 } = usage;
  const fresh = BigInt(input - cacheReadTokens - cacheWriteTokens) * rateAt(rates.input, input);
  const read = cacheReadTokens === 0 ? 0n : BigInt(cacheReadTokens) * rateAt(rates.cacheRead, input);
  const written = cacheWriteTokens === 0 ? 0n : BigInt(cacheWriteTokens) * rateAt(rates.cacheWrite, input);
  return fresh + read + written;
}

/** The price of a call whose input was not reported, as it was reserved, with the output that it had. */
function dearestInput(rates: CallRates, inputTokens: bigint, outputTokens: bigint): bigint {
  const reach = Number(inputTokens);
  return inputTokens * dearestInputRate(rates, reach) + outputTokens * dearestUpTo(rates.output ?? 0n, reach);
}

/** What is wrong with usage, or null. */
function flawOf(usage: Usage): string | null {
  for (const member of members) {
    const count = usage[member];
    if (count !== undefined && !isCount(count)) {
      return `the reported ${member} is ${count}, which is no count`;
    }
  }
  const { inputTokens, outputTokens, cacheReadTokens = 0, cacheWriteTokens = 0, reasoningTokens = 0 } = usage;
  if (inputTokens !== undefined && cacheReadTokens + cacheWriteTokens > inputTokens) {
    return `more cached tokens were reported (${cacheReadTokens + cacheWriteTokens}) than input (${inputTokens})`;
  }
  if (outputTokens !== undefined && reasoningTokens > outputTokens) {
    return `more reasoning tokens were reported (${reasoningTokens}) than output (${outputTokens})`;
  }
  return null;
}

function nothing(unknown: string): UsageAmounts {
  return { amounts: {}, unknown };
}

function missing(input: number | undefined): string {
  return input === undefined ? "input tokens" : "output tokens";
}
