import type { Usage } from "@tollgate/core";
import { knownUsage } from "@tollgate/core/adapter";

/** Parts of a count: an object in a stream's events, a list of them in a response. */
type Details = Readonly<Record<string, number>> | readonly Readonly<Record<string, number>>[] | undefined;

/** A model's usage in either of the forms that the SDK gives it. */
export interface ReportedUsage {
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly inputTokensDetails?: Details;
  readonly outputTokensDetails?: Details;
}

/**
 * A model's usage in the gate's terms.
 *
 * The SDK writes zeros where its provider told nothing, or where a stream was left: undefined, never free.
 */
export function toUsage(usage: ReportedUsage): Usage | undefined {
  const { inputTokens, outputTokens } = usage;
  if (!inputTokens && !outputTokens) return undefined;
  return knownUsage({
    inputTokens,
    outputTokens,
    cacheReadTokens: sum(usage.inputTokensDetails, "cached_tokens"),
    cacheWriteTokens: sum(usage.inputTokensDetails, "cache_write_tokens"),
    reasoningTokens: sum(usage.outputTokensDetails, "reasoning_tokens"),
  });
}

function sum(details: Details, name: string): number | undefined {
  const told = [details ?? []].flat().flatMap((part: Readonly<Record<string, number>>) => part[name] ?? []);
  return told.length === 0 ? undefined : told.reduce((total, count) => total + count, 0);
}
