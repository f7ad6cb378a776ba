import { describe, expect, it } from "vitest";
import { embeddingUsage, imageUsage } from "./usage.ts";

const none = undefined;

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
