import { AIMessage, AIMessageChunk, isBaseMessage, type UsageMetadata } from "@langchain/core/messages";
import { isCommand } from "@langchain/langgraph";
import type { Usage, Used } from "@tollgate/core";
import { knownUsage } from "@tollgate/core/adapter";

/**
 * What a call used, from the answer of a model in its result: the message itself, or the last one in a list, a
 * state update or a Command; undefined, for unknown, where there is none or it tells nothing.
 */
export function usedBy(result: unknown): Used | undefined {
  const usage = findAnswer(result, 3)?.usage_metadata;
  return usage === undefined ? undefined : { usage: toUsage(usage) };
}

function toUsage(usage: UsageMetadata): Usage | undefined {
  return knownUsage({
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.input_token_details?.cache_read,
    cacheWriteTokens: usage.input_token_details?.cache_creation,
    reasoningTokens: usage.output_token_details?.reasoning,
  });
}

function findAnswer(value: unknown, depth: number): AIMessage | AIMessageChunk | undefined {
  if (AIMessage.isInstance(value) || AIMessageChunk.isInstance(value)) return value;
  if (typeof value !== "object" || value === null || depth === 0 || isBaseMessage(value)) return undefined;
  const parts = isCommand(value) ? [value.update] : Object.values(value);
  for (const part of parts.reverse()) {
    const found = findAnswer(part, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
