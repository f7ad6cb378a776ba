import { describe, expect, it, vi } from "vitest";
import type { Action } from "../action/action.ts";
import { InvalidConfig } from "../errors.ts";
import { type BoundRequest, boundAmounts } from "./estimate.ts";
import type { ModelRates } from "./price-catalog.ts";

const action: Action = {
  kind: "llm",
  name: "gpt-4o",
  params: {},
  inputTokens: 1_000,
  maxOutputTokens: 100,
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

function bound(changes: Partial<Action> = {}, request: Partial<BoundRequest> = {}) {
  return boundAmounts({
    action: { ...action, ...changes },
    paramsJson: "{}",
    rates: gpt4o,
    toolPrice: null,
    counter: () => 40,
    ...request,
  });
}

function without(...members: (keyof Action)[]): Partial<Action> {
  return Object.fromEntries(members.map((member) => [member, undefined]));
}

describe("the bound of a model call", () => {
  it("is its tokens at the model's prices, and one call", () => {
    expect(bound()).toMatchObject({
      amounts: {
        calls: 1n,
        input_tokens: 1_000n,
        output_tokens: 100n,
        tokens: 1_100n,
        // 1,000 at $2.50 and 100 at $10 per million: $0.0035.
        usd: 3_500_000n,
      },
      unknown: [],
    });
  });

  it("asks the counter when the caller does not know the input", () => {
    const counter = vi.fn(() => 40);
    const { amounts } = bound(without("inputTokens"), { paramsJson: '{"a":1}', counter });
    expect(amounts.input_tokens).toBe(40n);
    expect(counter).toHaveBeenCalledExactlyOnceWith('{"a":1}', expect.objectContaining({ name: "gpt-4o" }));
  });

  it("does not ask the counter when the caller knows the input, be it 0", () => {
    const counter = vi.fn(() => 40);
    expect(bound({ inputTokens: 0 }, { counter }).amounts.input_tokens).toBe(0n);
    expect(counter).not.toHaveBeenCalled();
  });

  it("rounds a fraction of a token up", () => {
    expect(bound(without("inputTokens"), { counter: () => 1.2 }).amounts.input_tokens).toBe(2n);
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])("refuses a counter that answers %d", (answer) => {
    expect(() => bound(without("inputTokens"), { counter: () => answer })).toThrow(InvalidConfig);
  });

  it("rounds a fraction of a nano-dollar up", () => {
    const rates: ModelRates = { model: "m", provider: "p", input: 1n, output: 0n };
    expect(bound({ inputTokens: 1, maxOutputTokens: 0 }, { rates }).amounts.usd).toBe(1n);
    expect(bound({ inputTokens: 0, maxOutputTokens: 0 }, { rates }).amounts.usd).toBe(0n);
  });

  it("takes the dearest of fresh, cached and newly cached input", () => {
    const rates = { ...gpt4o, cacheWrite: 5_000_000_000n };
    expect(bound({}, { rates }).amounts.usd).toBe(6_000_000n);
    const dearRead = { ...gpt4o, cacheRead: 7_500_000_000n };
    expect(bound({}, { rates: dearRead }).amounts.usd).toBe(8_500_000n);
  });

  it("takes the dearest tier that an input of that size can fall into, also for the output", () => {
    const rates: ModelRates = {
      model: "m",
      provider: "p",
      input: { base: 1_000_000n, tiers: [{ start: 999, rate: 2_000_000n }] },
      output: { base: 10_000_000n, tiers: [{ start: 999, rate: 20_000_000n }] },
    };
    expect(bound({ inputTokens: 999 }, { rates }).amounts.usd).toBe(999n + 1_000n);
    expect(bound({ inputTokens: 1_000 }, { rates }).amounts.usd).toBe(2_000n + 2_000n);
  });

  it("keeps the base in mind where a higher tier is cheaper: a smaller input meets it", () => {
    const rates: ModelRates = {
      model: "m",
      provider: "p",
      input: 0n,
      output: { base: 20_000_000n, tiers: [{ start: 10, rate: 1_000_000n }] },
    };
    expect(bound({}, { rates }).amounts.usd).toBe(2_000n);
  });

  it("adds the fee for the call", () => {
    expect(bound({}, { rates: { ...gpt4o, perCall: 12_000_000n } }).amounts.usd).toBe(15_500_000n);
  });

  it("has no bound in output, tokens and money without an output limit", () => {
    const { amounts, unknown } = bound(without("maxOutputTokens"));
    expect(unknown).toEqual(["output_tokens", "tokens", "usd"]);
    expect(amounts).toEqual({ calls: 1n, input_tokens: 1_000n });
  });

  it("is unknown in money, not free, when the model has no price", () => {
    const { amounts, unknown, rates } = bound({}, { rates: null });
    expect(unknown).toEqual(["usd"]);
    expect(amounts).not.toHaveProperty("usd");
    expect(amounts.tokens).toBe(1_100n);
    expect(rates).toBeNull();
  });

  it("is unknown in money when the model has no price for output", () => {
    const { output: _, ...rates } = gpt4o;
    expect(bound({}, { rates }).unknown).toEqual(["usd"]);
  });

  it("is unknown in money when it is more than a ledger can hold", () => {
    const rates = { ...gpt4o, input: 10n ** 13n };
    expect(bound({ inputTokens: Number.MAX_SAFE_INTEGER }, { rates }).unknown).toEqual(["usd"]);
  });

  it("needs no tokens where only the call has a price", () => {
    const rates: ModelRates = { model: "m", provider: "p", input: 0n, output: 0n, perCall: 180_000_000n };
    const { amounts, unknown } = bound(without("maxOutputTokens"), { rates });
    expect(amounts.usd).toBe(180_000_000n);
    expect(unknown).toEqual(["output_tokens", "tokens"]);
  });

  it("is priced as media when it holds media, and answers those rates for settling", () => {
    const media = { input: 40_000_000_000n, cacheRead: 1n, cacheWrite: 1n };
    const { amounts, rates } = bound({ mediaParts: 1 }, { rates: { ...gpt4o, media } });
    expect(amounts.usd).toBe(41_000_000n);
    expect(rates?.input).toBe(40_000_000_000n);
  });
});

describe("a bound that the caller gives", () => {
  it("wins for its unit and leaves the others", () => {
    const { amounts, unknown } = bound({ amounts: { usd: 180_000_000n, tokens: 5n } });
    expect(amounts).toEqual({
      calls: 1n,
      input_tokens: 1_000n,
      output_tokens: 100n,
      tokens: 5n,
      usd: 180_000_000n,
    });
    expect(unknown).toEqual([]);
  });

  it("makes money known for a model that has no price", () => {
    const { amounts, unknown } = bound({ amounts: { usd: 1n } }, { rates: null });
    expect(amounts.usd).toBe(1n);
    expect(unknown).toEqual([]);
  });

  it("may be 0, of calls too", () => {
    expect(bound({ amounts: { usd: 0n, calls: 0n } }).amounts).toMatchObject({ usd: 0n, calls: 0n });
  });

  it("passes units of the caller's own through", () => {
    expect(bound({ kind: "tool", amounts: { emails: 20n } }).amounts).toEqual({ calls: 1n, emails: 20n });
  });
});

describe("the bound of other actions", () => {
  it("is the tool's price, and no tokens", () => {
    expect(bound({ kind: "tool", name: "search" }, { toolPrice: 10_000_000n })).toEqual({
      amounts: { calls: 1n, usd: 10_000_000n },
      unknown: [],
      rates: null,
    });
  });

  it("is no money, and none unknown, for a tool without a price", () => {
    expect(bound({ kind: "tool", name: "search" })).toEqual({
      amounts: { calls: 1n },
      unknown: [],
      rates: null,
    });
  });

  it("is input alone for an embedding, also where output has no price", () => {
    const { output: _, ...rates } = gpt4o;
    expect(
      bound({ kind: "embedding", ...without("inputTokens", "maxOutputTokens") }, { rates }),
    ).toMatchObject({
      amounts: { calls: 1n, input_tokens: 40n, output_tokens: 0n, tokens: 40n, usd: 100_000n },
      unknown: [],
    });
  });

  it.each(["image", "speech", "transcription", "rerank", "video"] as const)(
    "is unknown for kind %s unless the caller counts its tokens",
    (kind) => {
      const counter = vi.fn(() => 40);
      const { unknown } = bound({ kind, ...without("inputTokens", "maxOutputTokens") }, { counter });
      expect(unknown).toEqual(["input_tokens", "output_tokens", "tokens", "usd"]);
      expect(counter).not.toHaveBeenCalled();
      expect(bound({ kind }).amounts.usd).toBe(3_500_000n);
    },
  );

  it("is the price per call for an image where that is its whole price", () => {
    const rates: ModelRates = { model: "m", provider: "p", input: 0n, output: 0n, perCall: 40_000_000n };
    const image = bound({ kind: "image", ...without("inputTokens", "maxOutputTokens") }, { rates });
    expect(image.amounts.usd).toBe(40_000_000n);
    expect(image.unknown).not.toContain("usd");
  });

  it("takes the dearest tier of all for an input of unknown size that is free itself", () => {
    const output = { base: 1_000_000n, tiers: [{ start: 10, rate: 9_000_000n }] };
    const rates: ModelRates = { model: "m", provider: "p", input: 0n, output };
    expect(bound({ kind: "image", ...without("inputTokens") }, { rates }).amounts.usd).toBe(900n);
  });

  it("is unknown in money, but no tokens, for another effect", () => {
    const other = bound({ kind: "other", ...without("inputTokens", "maxOutputTokens") }, { rates: null });
    expect(other).toEqual({ amounts: { calls: 1n }, unknown: ["usd"], rates: null });
  });
});
