import type { Action, ActionKind } from "../action/action.ts";
import type { ModelRates, Rate } from "./price-catalog.ts";

/**
 * A model's rates as they apply to one call: what is reserved, receipted and settled with.
 *
 * Made by {@link ratesForCall}; `cacheWriteHour` and `media` have had their effect and count no more.
 */
export interface CallRates extends ModelRates {
  readonly cacheRead: Rate;
  readonly cacheWrite: Rate;
  readonly perCall: bigint;
}

/** Kinds whose input or output is not text by their nature. */
const mediaKinds: ReadonlySet<ActionKind> = new Set<ActionKind>([
  "image",
  "video",
  "speech",
  "transcription",
]);

/** How a request asks for an hour of caching, in canonical JSON; Anthropic's spelling and Bedrock's. */
const hourOfCaching = '"ttl":"1h"';

/**
 * The rates that apply to a call.
 *
 * A usage report tells neither media from text nor an hour's cache writes from five minutes'. So a call
 * that holds media pays the dearest input rate for all of its input, and one that asks for an hour's
 * caching anywhere pays that for all of its cache writes: too much rather than too little.
 */
export function ratesForCall(rates: ModelRates, action: Action, paramsJson: string): CallRates {
  const complete = completeRates(rates);
  const media = hasMedia(action) ? rates.media : undefined;
  const hour = rates.cacheWriteHour !== undefined && paramsJson.includes(hourOfCaching);
  if (media === undefined && !hour) return complete;
  return {
    ...complete,
    ...media,
    ...(hour ? { cacheWrite: rates.cacheWriteHour } : {}),
  };
}

/** Fills the defaults in; answers the same rates when none is missing, so that they can be told by identity. */
export function completeRates(rates: ModelRates): CallRates {
  if (isComplete(rates)) return rates;
  const { input, cacheRead = input, cacheWrite = input, perCall = 0n } = rates;
  return { ...rates, cacheRead, cacheWrite, perCall };
}

function isComplete(rates: ModelRates): rates is CallRates {
  return rates.cacheRead !== undefined && rates.cacheWrite !== undefined && rates.perCall !== undefined;
}

function hasMedia(action: Action): boolean {
  return (action.mediaParts ?? 0) > 0 || mediaKinds.has(action.kind);
}
