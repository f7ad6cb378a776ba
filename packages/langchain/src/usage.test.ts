import { describe, expect, it } from "vitest";
import { messageUsage, resultUsage } from "./usage.ts";

const told = {
  input_tokens: 100,
  output_tokens: 50,
  total_tokens: 150,
  input_token_details: { cache_read: 70, cache_creation: 10 },
  output_token_details: { reasoning: 30 },
};

describe("messageUsage", () => {
  it("takes the counts, with what of them was cached and reasoned", () => {
    expect(messageUsage({ usage_metadata: told })).toEqual({
      inputTokens: 100,
      outputTokens: 50,
      cacheReadTokens: 70,
      cacheWriteTokens: 10,
      reasoningTokens: 30,
    });
  });

  it.each([
    undefined,
    null,
    "text",
    {},
    { usage_metadata: undefined },
    { usage_metadata: { input_tokens: 0, output_tokens: 0, total_tokens: 0 } },
  ])("knows nothing of %j", (message) => {
    expect(messageUsage(message)).toBeUndefined();
  });
});

describe("resultUsage", () => {
  it("is that of the first message which tells any, for each tells that of all completions", () => {
    const told2 = { usage_metadata: { ...told, input_tokens: 1 } };
    expect(
      resultUsage([
        [{ text: "" }, { message: {} }, { message: { usage_metadata: told } }, { message: told2 }],
      ]),
    ).toMatchObject({ inputTokens: 100 });
  });

  it("is unknown where no message tells any", () => {
    expect(resultUsage([[{ text: "" }]])).toBeUndefined();
  });
});
