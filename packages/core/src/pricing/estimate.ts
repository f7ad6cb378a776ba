import type { Action } from "../action/action.ts";
import { type Amounts, maxAmount } from "../action/amounts.ts";
import { isCount } from "../codec/count.ts";
import { InvalidConfig } from "../errors.ts";
import { type CallRates, ratesForCall } from "./call-rates.ts";
import { divideUp } from "./nano-dollars.ts";
import type { ModelRates } from "./price-catalog.ts";
import { dearestUpTo, max } from "./rate.ts";

/** Counts or estimates a call's input tokens, from above, by its parameters in canonical JSON. */
export type TokenCounter = (paramsJson: string, action: Action) => number;

/** What an estimate is made from. */
export interface BoundRequest {
  readonly action: Action;
  /** The canonical JSON of the action's parameters. */
  readonly paramsJson: string;
  /** The model's rates; null when they are not known, or there is no model. */
  readonly rates: ModelRates | null;
  /** What each call of the tool costs in nano-dollars; null when it costs nothing. */
  readonly toolPrice: bigint | null;
  readonly counter: TokenCounter;
}

/** The most that an action can come to, by unit. */
export interface Bound {
  readonly amounts: Amounts;
  /** Units that the action uses up without a bound: a budget on one of them cannot be kept. */
  readonly unknown: readonly string[];
  /** The rates as they apply to this call: receipt these, and settle with them. */
  readonly rates: CallRates | null;
}

/** Tokens at most; null where there is no bound. */
interface TokenBounds {
  readonly input: number | null;
  readonly output: number | null;
}

/** Tokens in a million, which rates are for. */
const perMillion = 1_000_000n;

/**
 * The upper bound of what an action can cost: what a reservation holds for it.
 *
 * `calls` is 1. A model call's tokens are its `inputTokens` (else the counter's) and `maxOutputTokens`, and
 * its usd their price at the dearest rate that any such call can meet: cached or not, in any tier. Kinds
 * that no counter fits (images, speech, ...) need the counts from the caller, `amounts`, or a price per
 * call. A tool costs its price. A unit in `action.amounts` is taken from there.
 *
 * @throws InvalidConfig when the counter answers no count.
 */
export function boundAmounts(request: BoundRequest): Bound {
  const { action, paramsJson } = request;
  const amounts: Record<string, bigint> = { calls: 1n, ...action.amounts };
  const unknown: string[] = [];
  const put = (unit: string, amount: bigint | null): void => {
    if (action.amounts[unit] !== undefined) return;
    if (amount === null || amount > maxAmount) unknown.push(unit);
    else amounts[unit] = amount;
  };
  if (action.kind === "tool") {
    if (request.toolPrice !== null) put("usd", request.toolPrice);
    return { amounts, unknown, rates: null };
  }
  const tokens = tokenBounds(request);
  // Another effect is no model call: unless its caller counts tokens there are none.
  if (action.kind !== "other" || tokens.input !== null || tokens.output !== null) {
    put("input_tokens", tokens.input === null ? null : BigInt(tokens.input));
    put("output_tokens", tokens.output === null ? null : BigInt(tokens.output));
    put(
      "tokens",
      tokens.input === null || tokens.output === null ? null : BigInt(tokens.input) + BigInt(tokens.output),
    );
  }
  const rates = request.rates === null ? null : ratesForCall(request.rates, action, paramsJson);
  put("usd", rates === null ? null : dearestCost(rates, tokens));
  return { amounts, unknown, rates };
}

function tokenBounds({ action, paramsJson, counter }: BoundRequest): TokenBounds {
  const given = action.inputTokens ?? null;
  switch (action.kind) {
    case "llm":
      return { input: given ?? count(counter, paramsJson, action), output: action.maxOutputTokens ?? null };
    case "embedding":
      return { input: given ?? count(counter, paramsJson, action), output: 0 };
    default:
      return { input: given, output: action.maxOutputTokens ?? null };
  }
}

function count(counter: TokenCounter, paramsJson: string, action: Action): number {
  const tokens = Math.ceil(counter(paramsJson, action));
  if (!isCount(tokens)) {
    throw new InvalidConfig("counter", `answered ${tokens}, which is no count of tokens`);
  }
  return tokens;
}

/** Nano-dollars that a call within the bounds cannot exceed; null when that cannot be known. */
function dearestCost(rates: CallRates, { input, output }: TokenBounds): bigint | null {
  const reach = input ?? Number.POSITIVE_INFINITY;
  const inputCost = times(input, dearestInputRate(rates, reach));
  const outputCost =
    rates.output === undefined ? (output === 0 ? 0n : null) : times(output, dearestUpTo(rates.output, reach));
  if (inputCost === null || outputCost === null) return null;
  return divideUp(inputCost + outputCost, perMillion) + rates.perCall;
}

/** The most that a token of input can cost, cached or not, in a call of at most `input` tokens of it. */
export function dearestInputRate(rates: CallRates, input: number): bigint {
  return max(
    dearestUpTo(rates.input, input),
    max(dearestUpTo(rates.cacheRead, input), dearestUpTo(rates.cacheWrite, input)),
  );
}

/** No number of tokens is needed where they cost nothing, as with a price per call alone. */
function times(tokens: number | null, rate: bigint): bigint | null {
  if (tokens !== null) return BigInt(tokens) * rate;
  return rate === 0n ? 0n : null;
}
