/**
 * What a call really used, as its provider reported it or as the adapter estimated it.
 *
 * `inputTokens` includes cached ones and `outputTokens` includes reasoning (as in OpenTelemetry's GenAI
 * conventions). All counts are whole and not negative.
 */
export interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly reasoningTokens?: number;
}

/** The counts of {@link Usage}, and what receipts call them. */
export const usageNames: Readonly<Record<keyof Usage, string>> = {
  inputTokens: "input_tokens",
  outputTokens: "output_tokens",
  cacheReadTokens: "cache_read_tokens",
  cacheWriteTokens: "cache_write_tokens",
  reasoningTokens: "reasoning_tokens",
};

/** Where settled amounts come from: the provider's own usage, or an estimate because none came. */
export type UsageSource = "reported" | "estimated";
