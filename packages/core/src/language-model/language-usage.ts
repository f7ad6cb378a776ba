import { knownUsage } from "../action/known-usage.ts";
import type { Usage } from "../action/usage.ts";
import type { LanguageCount, LanguageUsage } from "./language-model.ts";

/** A language model's usage in the gate's terms; undefined where the provider told nothing. */
export function languageUsage(usage: LanguageUsage | null | undefined): Usage | undefined {
  if (usage === null || usage === undefined) return undefined;
  const { inputTokens: input, outputTokens: output } = usage;
  return knownUsage({
    // A provider that tells the parts but no total has still told it.
    inputTokens: total(input) ?? sum(input, "noCache", "cacheRead", "cacheWrite"),
    outputTokens: total(output) ?? sum(output, "text", "reasoning"),
    cacheReadTokens: part(input, "cacheRead") ?? usage.cachedInputTokens,
    cacheWriteTokens: part(input, "cacheWrite"),
    reasoningTokens: part(output, "reasoning") ?? usage.reasoningTokens,
  });
}

/** The total of a count; some wrappers put a count with parts where its total belongs. */
function total(count: LanguageCount): number | undefined {
  if (typeof count === "number") return count;
  const inner = count === null || count === undefined ? undefined : Reflect.get(count, "total");
  return inner === undefined ? undefined : total(inner);
}

function part(count: LanguageCount, name: string): number | undefined {
  if (typeof count !== "object" || count === null) return undefined;
  const told: unknown = Reflect.get(count, name);
  if (typeof told === "number") return told;
  const whole: unknown = Reflect.get(count, "total");
  return typeof whole === "object" ? part(whole, name) : undefined;
}

function sum(count: LanguageCount, ...names: readonly string[]): number | undefined {
  const told = names.map((name) => part(count, name)).filter((tokens) => tokens !== undefined);
  return told.length === 0 ? undefined : told.reduce((all, tokens) => all + tokens, 0);
}
