import { Usage } from "@openai/agents";
import { describe, expect, it } from "vitest";
import { toUsage } from "./usage.ts";

const counts = { inputTokens: 100, outputTokens: 50 };
const known = { ...counts, cacheReadTokens: 70, cacheWriteTokens: 10, reasoningTokens: 30 };

describe("toUsage", () => {
  it("reads a response's usage, whose details are lists", () => {
    const usage = new Usage({
      ...counts,
      inputTokensDetails: { cached_tokens: 70, cache_write_tokens: 10 },
      outputTokensDetails: { reasoning_tokens: 30 },
    });
    expect(Array.isArray(usage.inputTokensDetails)).toBe(true);
    expect(toUsage(usage)).toEqual(known);
  });

  it("reads a stream's usage, whose details are objects", () => {
    expect(
      toUsage({
        ...counts,
        inputTokensDetails: { cached_tokens: 70, cache_write_tokens: 10 },
        outputTokensDetails: { reasoning_tokens: 30 },
      }),
    ).toEqual(known);
  });

  it("adds up the details of several requests", () => {
    const inputTokensDetails = [{ cached_tokens: 30 }, {}, { cached_tokens: 40 }];
    expect(toUsage({ ...counts, inputTokensDetails })).toEqual({ ...counts, cacheReadTokens: 70 });
  });

  it("takes nothing but zeros for not known, never for free", () => {
    expect(toUsage(new Usage())).toBeUndefined();
    expect(
      toUsage({ inputTokens: 0, outputTokens: 0, inputTokensDetails: { cached_tokens: 0 } }),
    ).toBeUndefined();
    expect(toUsage({})).toBeUndefined();
  });

  it("keeps a zero beside a count that is known", () => {
    expect(toUsage({ inputTokens: 7, outputTokens: 0 })).toEqual({ inputTokens: 7, outputTokens: 0 });
  });
});
