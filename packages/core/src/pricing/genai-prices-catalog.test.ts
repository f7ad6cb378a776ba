import { calcPrice, waitForUpdate } from "@pydantic/genai-prices";
import { describe, expect, it } from "vitest";
import type { Action } from "../action/action.ts";
import { InvalidConfig } from "../errors.ts";
import { completeRates } from "./call-rates.ts";
import { genaiPrices } from "./genai-prices-catalog.ts";
import type { ModelRates } from "./price-catalog.ts";
import { amountsFor } from "./usage-amounts.ts";

const now = Date.parse("2026-11-20T12:00:00Z");
const catalog = genaiPrices();
const action: Action = { kind: "llm", name: "m", params: {}, amounts: {}, subject: {} };

/** The model that the rates are of, as `provider/model`. */
const found = (rates: ModelRates | null): string | null => rates && `${rates.provider}/${rates.model}`;

describe("the catalogue of genai-prices", () => {
  it("has gpt-4o at $2.50, $1.25 cached and $10 per million", () => {
    expect(catalog.rates("openai", "gpt-4o", now)).toMatchObject({
      model: "gpt-4o",
      provider: "openai",
      input: 2_500_000_000n,
      cacheRead: 1_250_000_000n,
      output: 10_000_000_000n,
    });
  });

  it.each([
    ["openai.responses", "gpt-4o", "openai/gpt-4o"],
    ["openai", "gpt-4o-2024-08-06", "openai/gpt-4o"],
    ["openai", "gpt-5.6", "openai/gpt-5.6-sol"],
    ["openai", "GPT-4o", "openai/gpt-4o"],
    ["openai", " gpt-4o ", "openai/gpt-4o"],
    ["anthropic.messages", "claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5"],
    ["google.generative-ai", "gemini-2.5-flash", "google/gemini-2.5-flash"],
    ["vertex.anthropic.messages", "claude-haiku-4-5", "anthropic/claude-haiku-4-5"],
    ["amazon-bedrock", "amazon.nova-micro-v1:0", "aws/amazon.nova-micro-v1:0"],
    ["xai.chat", "grok-4", "x-ai/grok-4-0709"],
    ["groq.chat", "llama-3.3-70b-versatile", "groq/llama-3.3-70b-versatile"],
    ["openrouter", "openai/gpt-4o", "openrouter/openai/gpt-4o"],
  ])("finds %s %s and says that it is %s", (provider, model, expected) => {
    expect(found(catalog.rates(provider, model, now))).toBe(expected);
  });

  it("finds what a provider sells at its maker's price with the maker", () => {
    expect(found(catalog.rates("azure.chat", "gpt-4o", now))).toBe("openai/gpt-4o");
  });

  it.each([
    ["gateway", "openai/gpt-4o", "openai/gpt-4o"],
    ["gateway", "anthropic/claude-sonnet-4.5", "anthropic/claude-sonnet-4-5"],
    [undefined, "xai/grok-4", "x-ai/grok-4-0709"],
    ["gateway", "openai/no-such-model", null],
  ])("takes the vendor from the id where the provider is %s: %s", (provider, model, expected) => {
    expect(found(catalog.rates(provider, model, now))).toBe(expected);
  });

  it.each([
    [undefined, "gpt-4o", "openai/gpt-4o"],
    ["my-proxy.chat", "gpt-4o", "openai/gpt-4o"],
    [undefined, "claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"],
  ])("takes the maker's price where the provider is %s: %s", (provider, model, expected) => {
    expect(found(catalog.rates(provider, model, now))).toBe(expected);
  });

  it("takes any seller's price for an id that all sellers price alike", () => {
    expect(catalog.rates(undefined, "text-embedding-3-small", now)?.input).toBe(20_000_000n);
  });

  it("does not guess where sellers of the same id differ", () => {
    const model = "meta-llama/Llama-3.3-70B-Instruct";
    const sellers = ["huggingface_together", "huggingface_nebius"];
    const [one, two] = sellers.map((seller) => catalog.rates(seller, model, now)?.input);
    expect(one).toBeTypeOf("bigint");
    expect(two).toBeTypeOf("bigint");
    expect(one).not.toBe(two);
    expect(catalog.rates(undefined, model, now)).toBeNull();
  });

  it.each([
    ["openai", "no-such-model"],
    ["openai", "llama-3.3-70b-versatile"],
    [undefined, "no-such-model"],
    [undefined, "constructor"],
    [undefined, ""],
    ["", ""],
    ["gateway", "/"],
  ])("knows no price for %s %s", (provider, model) => {
    expect(catalog.rates(provider, model, now)).toBeNull();
  });

  it.each([
    ["openai", "whisper-1"],
    ["github-copilot", "gpt-4o"],
    ["openrouter", "qwen/qwen3-coder:free"],
    ["openai", "moderation"],
  ])("takes a listed model without a price per token for unknown, not free: %s %s", (provider, model) => {
    expect(catalog.rates(provider, model, now)).toBeNull();
  });

  it("has no free model at all", async () => {
    for (const provider of (await waitForUpdate()) ?? []) {
      for (const { id } of provider.models) {
        const rates = catalog.rates(provider.id, id, now);
        if (rates === null) continue;
        expect(
          [rates.input, rates.output, rates.perCall].every((rate) => !rate),
          `${provider.id}/${id}`,
        ).toBe(false);
      }
    }
  });

  it("follows a price that changes at a date", () => {
    const at = (time: string) => catalog.rates("openai", "gpt-5.6-sol", Date.parse(time))?.output;
    expect(at("2026-08-20T23:59:59.999Z")).toMatchObject({ base: 30_000_000_000n });
    expect(at("2026-08-21T00:00:00Z")).toMatchObject({ base: 20_000_000_000n });
  });

  it("follows a price that changes with the time of day, back and forth", () => {
    const at = (time: string) =>
      catalog.rates("deepseek", "deepseek-chat", Date.parse(`2026-11-20T${time}Z`));
    const [night, noon] = [at("20:00:00"), at("12:00:00")];
    expect(night).not.toEqual(noon);
    expect(at("16:29:59")).toEqual(noon);
    expect(at("16:30:00")).toEqual(night);
    expect(at("00:29:59")).toEqual(night);
  });

  it("prices tools only where it is told to", () => {
    expect(catalog.toolPrice?.("search")).toBeNull();
    expect(genaiPrices({ overrides: { tools: { search: "$0.01" } } }).toolPrice?.("search")).toBe(
      10_000_000n,
    );
  });
});

describe("overrides", () => {
  it("win over the catalogue as a whole, and leave other models alone", () => {
    const own = genaiPrices({ overrides: { models: { "openai/gpt-4o": { input: "$1", output: "$2" } } } });
    expect(own.rates("openai.chat", "gpt-4o", now)).toMatchObject({
      model: "openai/gpt-4o",
      input: 1_000_000_000n,
      cacheRead: 1_000_000_000n,
    });
    expect(found(own.rates("openai.chat", "gpt-4o-mini", now))).toBe("openai/gpt-4o-mini");
    expect(found(own.rates(undefined, "gpt-4o", now))).toBe("openai/gpt-4o");
    expect(own.rates(undefined, "gpt-4o", now)?.input).toBe(2_500_000_000n);
  });

  it("give a price to a model that the catalogue does not know, free ones included", () => {
    const own = genaiPrices({ overrides: { models: { "ollama/*": { perCall: "$0" } } } });
    expect(own.rates("ollama", "llama3", now)).toMatchObject({ input: 0n, output: 0n, perCall: 0n });
  });

  it("that make no sense are refused when the catalogue is made", () => {
    expect(() => genaiPrices({ overrides: { models: { m: { input: "2" } } } })).toThrow(
      expect.objectContaining({ constructor: InvalidConfig, field: 'prices.models["m"].input' }),
    );
  });

  it("change the digest; without any it is that of the data", () => {
    const digest = genaiPrices().digest;
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(digest).toBe(catalog.digest);
    expect(genaiPrices({ overrides: { tools: { t: "$1" } } }).digest).not.toBe(digest);
  });
});

describe("against the package's own arithmetic", () => {
  const moments = ["2025-06-01T03:00:00Z", "2026-08-21T00:00:00Z", "2026-11-20T12:00:00Z"];
  const usages = [
    { inputTokens: 1_234, outputTokens: 567 },
    { inputTokens: 300_001, outputTokens: 2_000, cacheReadTokens: 100_000, cacheWriteTokens: 1_000 },
  ];
  /** Where our rates are dearer by intention (see ratesOf), or the package leaves fees in that we do not. */
  const special = /audio|image|video|reasoning|citation/;

  it.each(moments)("every plain model comes to the same, within its floats' error, at %s", async (moment) => {
    let compared = 0;
    for (const provider of (await waitForUpdate()) ?? []) {
      for (const { id } of provider.models) {
        const at = Date.parse(moment);
        const rates = catalog.rates(provider.id, id, at);
        if (rates?.output === undefined) continue;
        for (const usage of usages) {
          const theirs = calcPrice(
            {
              input_tokens: usage.inputTokens,
              output_tokens: usage.outputTokens,
              ...(usage.cacheReadTokens ? { cache_read_tokens: usage.cacheReadTokens } : {}),
              ...(usage.cacheWriteTokens ? { cache_write_tokens: usage.cacheWriteTokens } : {}),
            },
            id,
            { providerId: provider.id, timestamp: new Date(at) },
          );
          if (theirs === null || Object.keys(theirs.model_price).some((key) => special.test(key))) continue;
          // The package may match another entry than the one of this very id.
          if (theirs.model.id !== id || theirs.provider.id !== provider.id) continue;
          const ours = amountsFor({ usage, rates: completeRates(rates), action, reserved: {} }).amounts.usd;
          const difference = Number(ours) / 1e9 - theirs.total_price;
          expect(Math.abs(difference), `${provider.id}/${id}`).toBeLessThan(1e-8 + theirs.total_price * 1e-6);
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(2_700);
  });

  it("every id that it matches, ours matches too, with the same model", async () => {
    let compared = 0;
    for (const provider of (await waitForUpdate()) ?? []) {
      for (const { id } of provider.models) {
        for (const asked of [id, `${id}-20250514`, `${id}-2025-05-14`, `${id}-latest`, id.toUpperCase()]) {
          const theirs = calcPrice({}, asked, { providerId: provider.id, timestamp: new Date(now) });
          const ours = catalog.rates(provider.id, asked, now);
          if (ours === null) {
            const prices = theirs?.model_price ?? {};
            expect(prices.input_mtok, `${provider.id}/${asked}`).toBeUndefined();
            continue;
          }
          // Ours prefers the entry of the exact id; theirs the first that matches.
          const exact = provider.models.some((model) => model.id.toLowerCase() === asked.toLowerCase());
          if (!exact) expect(ours.model, `${provider.id}/${asked}`).toBe(theirs?.model.id);
          else expect(ours.model.toLowerCase()).toBe(asked.toLowerCase());
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(3_500);
  });
});
