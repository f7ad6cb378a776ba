import { digestOf } from "../codec/digest.ts";
import { completeRates } from "./call-rates.ts";
import type { ModelRates, PriceCatalog } from "./price-catalog.ts";

/** The rates found for a model, and from when (inclusive) until when (exclusive) they hold. */
export interface TimedRates {
  readonly rates: ModelRates | null;
  readonly from: number;
  readonly until: number;
}

/** Rates that hold at any time. */
export function timeless(rates: ModelRates | null): TimedRates {
  return { rates, from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };
}

/** What a catalogue is made of. */
export interface CatalogSource {
  /** May be slow: it is asked once for each model, and again when what it answered has run out. */
  find(provider: string | undefined, model: string, at: number): TimedRates;
  tool(name: string): bigint | null;
  /** The text whose digest is the catalogue's; asked for once, when the digest is. */
  describe(): string;
}

/** How many models are kept; model names come from callers, so there is no end to them. */
const capacity = 2_000;

/** Makes a fast catalogue of a slow source: it remembers what was found, also that nothing was. */
export function cachedCatalog(source: CatalogSource): PriceCatalog {
  const cache = new Map<string, TimedRates>();
  let digest: string | null = null;
  return {
    get digest() {
      digest ??= digestOf(source.describe());
      return digest;
    },
    rates(provider, model, at) {
      const key = provider === undefined ? model : `${provider}\n${model}`;
      const known = cache.get(key);
      if (known !== undefined && at >= known.from && at < known.until) return known.rates;
      const found = completed(source.find(provider, model, at));
      if (known === undefined && cache.size >= capacity) forgetOldest(cache);
      cache.set(key, found);
      return found.rates;
    },
    toolPrice: (name) => source.tool(name),
  };
}

/** With defaults filled in once, every call of the model gets the very same rates. */
function completed(found: TimedRates): TimedRates {
  return found.rates === null ? found : { ...found, rates: completeRates(found.rates) };
}

function forgetOldest(cache: Map<string, TimedRates>): void {
  for (const key of cache.keys()) {
    cache.delete(key);
    return;
  }
}
