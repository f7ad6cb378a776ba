import { describe, expect, it } from "vitest";
import { embeddingUsage, imageUsage, languageUsage } from "./usage.ts";

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
});

describe("the usage of other models", () => {
  it("is what they tell", () => {
    expect(embeddingUsage({ tokens: 7 })).toEqual({ inputTokens: 7 });
    expect(imageUsage({ inputTokens: 7, outputTokens: none, totalTokens: 7 })).toEqual({ inputTokens: 7 });
  });

  it("is unknown where they tell nothing, or no number", () => {
    expect(embeddingUsage(none)).toBeUndefined();
    expect(embeddingUsage({ tokens: Number.NaN })).toBeUndefined();
    expect(imageUsage(none)).toBeUndefined();
  });
});
