import type { ModelPrice, TieredPrices } from "@pydantic/genai-prices";
import { given } from "../codec/given.ts";
import { nanoDollars } from "./nano-dollars.ts";
import type { ModelRates, Rate } from "./price-catalog.ts";
import { dearer } from "./rate.ts";

/** Input that is not text, and output that is not; the catalogue prices each on its own. */
const mediaInput = ["input_audio_mtok", "input_image_mtok", "input_video_mtok"];
const mediaCacheRead = ["cache_audio_read_mtok", "cache_image_read_mtok", "cache_video_read_mtok"];
const richOutput = [
  "output_audio_mtok",
  "output_image_mtok",
  "output_video_mtok",
  "output_reasoning_mtok",
  "output_citation_mtok",
];

/**
 * Makes integer rates of the catalogue's prices.
 *
 * Null when there is no price for input, or no price but zeros: the catalogue leaves out what it does not
 * know, and its zeros are as likely to be unknown as free. Of several kinds of output the dearest counts,
 * since usage does not tell them apart. Fees for searches and the like are not in the rates.
 */
export function ratesOf(provider: string, model: string, prices: ModelPrice): ModelRates | null {
  const input = rateOf(prices.input_mtok);
  if (input === undefined) return null;
  const output = dearestOf(prices, ["output_mtok", ...richOutput]);
  const cacheRead = rateOf(prices.cache_read_mtok);
  const cacheWrite = rateOf(prices.cache_write_mtok);
  const cacheWriteHour = rateOf(prices.cache_write_1h_mtok);
  const media = dearestOf(prices, ["input_mtok", ...mediaInput]) ?? input;
  const hasMedia = mediaInput.some((key) => prices[key] !== undefined);
  const requests = rateOf(prices.requests_kcount);
  const perCall = requests === undefined ? undefined : perThousand(requests);
  if ([input, output, perCall].every((rate) => rate === undefined || rate === 0n)) return null;
  return given({
    model,
    provider,
    input,
    output,
    cacheRead,
    cacheWrite,
    cacheWriteHour,
    media: hasMedia
      ? {
          input: media,
          cacheRead: dearestOf(prices, ["cache_read_mtok", ...mediaCacheRead]) ?? media,
          cacheWrite: cacheWrite === undefined ? media : dearer(cacheWrite, media),
        }
      : undefined,
    perCall,
  });
}

function dearestOf(prices: ModelPrice, keys: readonly string[]): Rate | undefined {
  let found: Rate | undefined;
  for (const key of keys) {
    const rate = rateOf(prices[key]);
    if (rate !== undefined) found = found === undefined ? rate : dearer(found, rate);
  }
  return found;
}

/** A price per unit as an integer; undefined for one that is missing or makes no sense. */
function rateOf(price: number | TieredPrices | undefined): Rate | undefined {
  if (price === undefined) return undefined;
  if (typeof price === "number") return nanoDollars(price) ?? undefined;
  const base = nanoDollars(price.base);
  const tiers: { start: number; rate: bigint }[] = [];
  for (const tier of price.tiers) {
    const rate = nanoDollars(tier.price);
    if (rate === null) return undefined;
    tiers.push({ start: tier.start, rate });
  }
  return base === null ? undefined : { base, tiers: tiers.sort((a, b) => a.start - b.start) };
}

/** A price for a thousand as the price of one; a fee for calls has no tiers. */
function perThousand(rate: Rate): bigint | undefined {
  return typeof rate === "bigint" ? (rate + 999n) / 1_000n : undefined;
}
