/**
 * A model's prices, all in nano-dollars per million tokens (so that USD 0.0375 per million is exact).
 *
 * A member with tiers holds them in rising order of `start`; the last tier whose `start` the call's whole
 * input exceeds applies to the whole call.
 */
export interface ModelRates {
  /** The model that the catalogue matched, which can differ from what was asked. */
  readonly model: string;
  readonly provider: string;
  readonly input: Rate;
  /** Absent where there is none to know, as for embedding models: output tokens are then unpriced, not free. */
  readonly output?: Rate;
  /** @default input */
  readonly cacheRead?: Rate;
  /** @default input */
  readonly cacheWrite?: Rate;
  /** For cache entries that are kept for an hour. @default cacheWrite */
  readonly cacheWriteHour?: Rate;
  /** Instead of the above for calls whose input holds audio, images or video: the dearest of them. */
  readonly media?: { readonly input: Rate; readonly cacheRead: Rate; readonly cacheWrite: Rate };
  /** Nano-dollars for each call, whatever its size. @default 0n */
  readonly perCall?: bigint;
}

/** Nano-dollars per million tokens: flat, or by the size of the input. */
export type Rate =
  | bigint
  | {
      readonly base: bigint;
      readonly tiers: readonly { readonly start: number; readonly rate: bigint }[];
    };

/** Where prices come from. Lookups are synchronous and must be fast: cache what is computed. */
export interface PriceCatalog {
  /** `sha256:` and hex of what the prices are: written into receipts. */
  readonly digest: string;
  /** The rates of a model at a time (epoch milliseconds), or null when the model is not known. */
  rates(provider: string | undefined, model: string, at: number): ModelRates | null;
  /** Nano-dollars for each call of a tool, or null when it has no price: such a tool costs no money. */
  toolPrice?(name: string): bigint | null;
}
