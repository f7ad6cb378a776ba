import { describe, expect, it } from "vitest";
import type { Action } from "../action/action.ts";
import type { Usage } from "../action/usage.ts";
import { boundAmounts } from "./estimate.ts";
import type { ModelRates } from "./price-catalog.ts";
import { amountsFor, isUnknownUsage } from "./usage-amounts.ts";

const action: Action = {
  kind: "llm",
  name: "gpt-4o",
  params: {},
  inputTokens: 10_000,
  maxOutputTokens: 1_000,
  amounts: {},
  subject: {},
};

/** gpt-4o: $2.50 in, $1.25 cached, $10 out. */
const gpt4o: ModelRates = {
  model: "gpt-4o",
  provider: "openai",
  input: 2_500_000_000n,
  cacheRead: 1_250_000_000n,
  output: 10_000_000_000n,
};

function settle(usage: Usage | undefined, changes: Partial<Action> = {}, rates: ModelRates | null = gpt4o) {
  const asked = { ...action, ...changes };
  const bound = boundAmounts({
    action: asked,
    paramsJson: "{}",
    rates,
    toolPrice: null,
    counter: () => 0,
  });
  return { ...amountsFor({ usage, rates: bound.rates, action: asked, reserved: bound.amounts }), bound };
}

describe("what a call used", () => {
  it("is its tokens at their prices", () => {
    expect(settle({ inputTokens: 1_000, outputTokens: 100 })).toMatchObject({
      amounts: {
        calls: 1n,
        input_tokens: 1_000n,
        output_tokens: 100n,
        tokens: 1_100n,
        usd: 3_500_000n,
      },
      unknown: null,
    });
  });

  it("charges cached input at its own price and once", () => {
    // 400 fresh at $2.50 and 600 cached at $1.25 per million.
    const { amounts } = settle({ inputTokens: 1_000, outputTokens: 0, cacheReadTokens: 600 });
    expect(amounts.usd).toBe(1_750_000n);
    expect(amounts.input_tokens).toBe(1_000n);
  });

  it("does not charge four times the price for input that is nearly all cached", () => {
    // Claude Opus 4.5: $5 in, $0.50 cached, $6.25 newly cached, $25 out.
    const opus: ModelRates = {
      model: "claude-opus-4-5",
      provider: "anthropic",
      input: 5_000_000_000n,
      cacheRead: 500_000_000n,
      cacheWrite: 6_250_000_000n,
      output: 25_000_000_000n,
    };
    const usage = { inputTokens: 10_000, cacheReadTokens: 9_000, cacheWriteTokens: 800, outputTokens: 10 };
    // 200 x $5 + 9,000 x $0.50 + 800 x $6.25 + 10 x $25, per million: $0.01075 (uncached: $0.05025).
    expect(settle(usage, {}, opus).amounts.usd).toBe(10_750_000n);
  });

  it("charges reasoning inside the output, not on top of it", () => {
    const plain = settle({ inputTokens: 10, outputTokens: 500 });
    const reasoned = settle({ inputTokens: 10, outputTokens: 500, reasoningTokens: 450 });
    expect(reasoned.amounts).toEqual(plain.amounts);
  });

  it("takes the tier of the whole input for every part of the call", () => {
    const rates: ModelRates = {
      model: "m",
      provider: "p",
      input: { base: 1_000_000n, tiers: [{ start: 200, rate: 2_000_000n }] },
      cacheRead: { base: 100_000n, tiers: [{ start: 200, rate: 200_000n }] },
      output: { base: 10_000_000n, tiers: [{ start: 200, rate: 15_000_000n }] },
    };
    const at = (inputTokens: number) =>
      settle({ inputTokens, cacheReadTokens: 100, outputTokens: 10 }, {}, rates).amounts.usd;
    expect(at(200)).toBe(100n + 10n + 100n);
    expect(at(201)).toBe(202n + 20n + 150n);
  });

  it("adds the fee for the call and rounds up", () => {
    const rates = { ...gpt4o, input: 1n, perCall: 12_000_000n };
    expect(settle({ inputTokens: 1, outputTokens: 0 }, {}, rates).amounts.usd).toBe(12_000_001n);
  });

  it("leaves money out, to be booked as reserved, where the model has no price", () => {
    const { amounts, unknown } = settle({ inputTokens: 5, outputTokens: 5 }, {}, null);
    expect(amounts).toEqual({ calls: 1n, input_tokens: 5n, output_tokens: 5n, tokens: 10n });
    expect(unknown).toBeNull();
  });

  it("leaves money out where output was used that has no price", () => {
    const { output: _, ...rates } = gpt4o;
    const { amounts, unknown } = settle({ inputTokens: 5, outputTokens: 5 }, {}, rates);
    expect(amounts).not.toHaveProperty("usd");
    expect(unknown).toMatch(/no price for output/);
  });

  it("needs no output tokens for an embedding", () => {
    const { output: _, ...rates } = gpt4o;
    const { amounts, unknown } = settle({ inputTokens: 1_000 }, { kind: "embedding" }, rates);
    expect(amounts).toMatchObject({ tokens: 1_000n, output_tokens: 0n, usd: 2_500_000n });
    expect(unknown).toBeNull();
  });

  it("leaves calls as reserved where the caller counts calls itself", () => {
    const { amounts } = settle({ inputTokens: 1, outputTokens: 1 }, { amounts: { calls: 10n } });
    expect(amounts).not.toHaveProperty("calls");
  });

  it("is one call for a tool, whose price is fixed", () => {
    expect(settle(undefined, { kind: "tool" })).toMatchObject({ amounts: { calls: 1n }, unknown: null });
  });
});

describe("usage that is not known", () => {
  it.each([
    ["missing", undefined],
    ["empty", {}],
    ["all zero", { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0 }],
    ["of members given as undefined", { inputTokens: undefined, outputTokens: undefined } as object],
  ])("is usage that is %s: booked as reserved, not as free", (_, usage) => {
    expect(isUnknownUsage(usage)).toBe(true);
    expect(settle(usage)).toMatchObject({ amounts: {}, unknown: "no usage was reported" });
    expect(Object.keys(settle(usage).amounts)).toEqual([]);
  });

  it("is not usage with any count in it", () => {
    expect(isUnknownUsage({ outputTokens: 1 })).toBe(false);
    expect(isUnknownUsage(null)).toBe(true);
  });

  it.each<[string, Usage]>([
    ["NaN", { inputTokens: Number.NaN, outputTokens: 5 }],
    ["a negative count", { inputTokens: 5, outputTokens: -5 }],
    ["a fraction", { inputTokens: 5.5, outputTokens: 5 }],
    ["text", { inputTokens: "5" as unknown as number, outputTokens: 5 }],
    ["an infinite count", { inputTokens: 5, outputTokens: Number.POSITIVE_INFINITY }],
    ["a count beyond 2^53", { inputTokens: 2 ** 53, outputTokens: 5 }],
    ["more cached than input", { inputTokens: 5, outputTokens: 5, cacheReadTokens: 6 }],
    ["more cached in two ways than input", { inputTokens: 5, cacheReadTokens: 3, cacheWriteTokens: 3 }],
    ["more reasoning than output", { inputTokens: 5, outputTokens: 5, reasoningTokens: 6 }],
    ["a negative cached count", { inputTokens: 5, outputTokens: 5, cacheWriteTokens: -1 }],
  ])("is usage with %s: booked as reserved, with the reason", (_, usage) => {
    const { amounts, unknown } = settle(usage);
    expect(amounts).toEqual({});
    expect(unknown).toMatch(/reported/);
  });

  it("is usage that costs more than a ledger can hold", () => {
    const { amounts, unknown } = settle({ inputTokens: Number.MAX_SAFE_INTEGER, outputTokens: 1 });
    expect(amounts).toEqual({});
    expect(unknown).toMatch(/more than can be booked/);
  });
});

describe("usage of one side only", () => {
  it("takes the reserved output where none was reported", () => {
    const { amounts, unknown } = settle({ inputTokens: 1_000 });
    expect(amounts).toMatchObject({ input_tokens: 1_000n, output_tokens: 1_000n, tokens: 2_000n });
    expect(amounts.usd).toBe(2_500_000n + 10_000_000n);
    expect(unknown).toBe("no output tokens were reported");
  });

  it("believes an output of 0: a call can end without a word", () => {
    expect(settle({ inputTokens: 1_000, outputTokens: 0 })).toMatchObject({
      amounts: { output_tokens: 0n, usd: 2_500_000n },
      unknown: null,
    });
  });

  it.each([{ outputTokens: 100 }, { inputTokens: 0, outputTokens: 100 }])(
    "takes the reserved input where none was reported, or 0: every call sends something",
    (usage) => {
      const { amounts, unknown } = settle(usage);
      expect(amounts).toMatchObject({ input_tokens: 10_000n, output_tokens: 100n, tokens: 10_100n });
      expect(amounts.usd).toBe(25_000_000n + 1_000_000n);
      expect(unknown).toBe("no input tokens were reported");
    },
  );

  it("leaves out what was not bounded either", () => {
    const { amounts } = settle({ inputTokens: 1_000 }, { maxOutputTokens: undefined } as object);
    expect(amounts).toEqual({ calls: 1n, input_tokens: 1_000n });
  });
});
