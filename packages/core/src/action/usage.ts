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

/** Where settled amounts come from: the provider's own usage, or an estimate because none came. */
export type UsageSource = "reported" | "estimated";
