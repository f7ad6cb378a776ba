import type { ImageModelV4Usage, LanguageModelV4Usage } from "@ai-sdk/provider";
import type { Usage } from "@tollgate/core";

/** A language model's usage in the gate's terms; undefined where the provider told nothing. */
export function languageUsage({ inputTokens, outputTokens }: LanguageModelV4Usage): Usage | undefined {
  return known({
    // A provider that tells the parts but no total has still told it.
    inputTokens: inputTokens.total ?? sum(inputTokens.noCache, inputTokens.cacheRead, inputTokens.cacheWrite),
    outputTokens: outputTokens.total ?? sum(outputTokens.text, outputTokens.reasoning),
    cacheReadTokens: inputTokens.cacheRead,
    cacheWriteTokens: inputTokens.cacheWrite,
    reasoningTokens: outputTokens.reasoning,
  });
}

/** An embedding model's usage in the gate's terms. */
export function embeddingUsage(usage: { tokens: number } | undefined): Usage | undefined {
  return known({ inputTokens: usage?.tokens });
}

/** An image model's usage in the gate's terms. */
export function imageUsage(usage: ImageModelV4Usage | undefined): Usage | undefined {
  return known({ inputTokens: usage?.inputTokens, outputTokens: usage?.outputTokens });
}

function known(counts: { [Count in keyof Usage]: number | undefined }): Usage | undefined {
  const entries = Object.entries(counts).filter(([, count]) => count !== undefined && !Number.isNaN(count));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function sum(...parts: (number | undefined)[]): number | undefined {
  const told = parts.filter((part) => part !== undefined);
  return told.length === 0 ? undefined : told.reduce((total, part) => total + part, 0);
}
