import { describe, expect, it } from "vitest";
import { languageUsage } from "./language-usage.ts";

const none = undefined;

describe("languageUsage", () => {
  it("takes the totals, with what of them was cached and reasoned", () => {
    expect(
      languageUsage({
        inputTokens: { total: 100, noCache: 20, cacheRead: 70, cacheWrite: 10 },
        outputTokens: { total: 50, text: 20, reasoning: 30 },
      }),
    ).toEqual({
      inputTokens: 100,
      outputTokens: 50,
      cacheReadTokens: 70,
      cacheWriteTokens: 10,
      reasoningTokens: 30,
    });
  });

  it("adds the parts up where there is no total", () => {
    expect(
      languageUsage({
        inputTokens: { total: none, noCache: 20, cacheRead: 70, cacheWrite: none },
        outputTokens: { total: none, text: 20, reasoning: none },
      }),
    ).toEqual({ inputTokens: 90, outputTokens: 20, cacheReadTokens: 70 });
  });

  it("knows nothing where nothing is told", () => {
    expect(
      languageUsage({
        inputTokens: { total: none, noCache: none, cacheRead: none, cacheWrite: none },
        outputTokens: { total: none, text: none, reasoning: none },
      }),
    ).toBeUndefined();
  });

  it("reads the plain numbers of specification v2", () => {
    expect(
      languageUsage({ inputTokens: 100, outputTokens: 50, cachedInputTokens: 70, reasoningTokens: 30 }),
    ).toEqual({ inputTokens: 100, outputTokens: 50, cacheReadTokens: 70, reasoningTokens: 30 });
    expect(languageUsage({ inputTokens: none, outputTokens: none })).toBeUndefined();
    expect(languageUsage({ inputTokens: Number.NaN, outputTokens: 3 })).toEqual({ outputTokens: 3 });
  });

  it("reads counts that a wrapper has put where their totals belong", () => {
    expect(
      languageUsage({
        inputTokens: { total: { total: 100, noCache: 30, cacheRead: 70 } },
        outputTokens: { total: { total: 50, reasoning: 30 } },
      }),
    ).toEqual({ inputTokens: 100, outputTokens: 50, cacheReadTokens: 70, reasoningTokens: 30 });
  });

  it.each([[null], [none], [{}]])("knows nothing of %s", (usage) => {
    expect(languageUsage(usage)).toBeUndefined();
  });
});
