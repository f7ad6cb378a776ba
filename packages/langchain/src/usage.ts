import type { Usage } from "@tollgate/core";
import { knownUsage } from "@tollgate/core/adapter";

/** The usage of one generation, as LangChain writes it onto a message. */
interface UsageMetadata {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly input_token_details?: { readonly cache_read?: number; readonly cache_creation?: number };
  readonly output_token_details?: { readonly reasoning?: number };
}

/**
 * The usage that LangChain's `usage_metadata` tells; undefined where it tells nothing, or only zeros.
 *
 * `llmOutput` is never read: for streams it holds LangChain's own estimate, not the provider's count.
 */
export function messageUsage(message: unknown): Usage | undefined {
  if (typeof message !== "object" || message === null || !("usage_metadata" in message)) return undefined;
  const told = message.usage_metadata as UsageMetadata | null | undefined;
  if (told === null || told === undefined) return undefined;
  const usage = knownUsage({
    inputTokens: told.input_tokens,
    outputTokens: told.output_tokens,
    cacheReadTokens: told.input_token_details?.cache_read,
    cacheWriteTokens: told.input_token_details?.cache_creation,
    reasoningTokens: told.output_token_details?.reasoning,
  });
  return Object.values(usage ?? {}).some((count) => count !== 0) ? usage : undefined;
}

/** The usage of a finished call; with several completions each message tells that of all of them. */
export function resultUsage(generations: readonly (readonly object[])[]): Usage | undefined {
  for (const generation of generations.flat()) {
    const usage = "message" in generation ? messageUsage(generation.message) : undefined;
    if (usage !== undefined) return usage;
  }
  return undefined;
}
