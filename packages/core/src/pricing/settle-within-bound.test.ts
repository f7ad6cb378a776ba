import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Action } from "../action/action.ts";
import type { Usage } from "../action/usage.ts";
import { completeRates } from "./call-rates.ts";
import { boundAmounts } from "./estimate.ts";
import type { ModelRates, Rate } from "./price-catalog.ts";
import { amountsFor } from "./usage-amounts.ts";

const action: Action = { kind: "llm", name: "m", params: {}, amounts: {}, subject: {} };

function usdOf(usage: Usage, rates: ModelRates): bigint | undefined {
  return amountsFor({ usage, rates: completeRates(rates), action, reserved: {} }).amounts.usd;
}

const anyRate: fc.Arbitrary<Rate> = fc.oneof(
  fc.bigInt({ min: 0n, max: 100_000_000_000n }),
  fc
    .record({
      base: fc.bigInt({ min: 0n, max: 100_000_000_000n }),
      tiers: fc.uniqueArray(
        fc.record({ start: fc.nat(5_000), rate: fc.bigInt({ min: 0n, max: 100_000_000_000n }) }),
        { selector: (tier) => tier.start, maxLength: 3 },
      ),
    })
    .map(({ base, tiers }) => ({ base, tiers: tiers.sort((a, b) => a.start - b.start) })),
);
const anyRates: fc.Arbitrary<ModelRates> = fc.record(
  {
    model: fc.constant("m"),
    provider: fc.constant("p"),
    input: anyRate,
    output: anyRate,
    cacheRead: anyRate,
    cacheWrite: anyRate,
    cacheWriteHour: anyRate,
    media: fc.record({ input: anyRate, cacheRead: anyRate, cacheWrite: anyRate }),
    perCall: fc.bigInt({ min: 0n, max: 1_000_000_000n }),
  },
  { requiredKeys: ["model", "provider", "input", "output"] },
);

/** A call's bounds and a usage that stays within them. */
const boundedUsage = fc
  .record({ inputTokens: fc.nat(6_000), maxOutputTokens: fc.nat(3_000) })
  .chain(({ inputTokens: most, maxOutputTokens }) =>
    fc.record({
      action: fc.record({
        kind: fc.constantFrom("llm" as const, "image" as const, "transcription" as const),
        mediaParts: fc.nat(1),
        inputTokens: fc.constant(most),
        maxOutputTokens: fc.constant(maxOutputTokens),
      }),
      hour: fc.boolean(),
      usage: fc
        .record({ inputTokens: fc.nat(most), outputTokens: fc.nat(maxOutputTokens) })
        .chain(({ inputTokens, outputTokens }) =>
          fc.nat(inputTokens).chain((cached) =>
            fc.record(
              {
                inputTokens: fc.constant(inputTokens),
                outputTokens: fc.constant(outputTokens),
                cacheReadTokens: fc.constant(cached),
                cacheWriteTokens: fc.nat(inputTokens - cached),
                reasoningTokens: fc.nat(outputTokens),
              },
              { requiredKeys: [] },
            ),
          ),
        ),
    }),
  );

describe("what was reserved", () => {
  it("covers every usage within its bounds, whatever the rates, tiers and caching", () => {
    fc.assert(
      fc.property(anyRates, boundedUsage, (rates, { action: limits, hour, usage }) => {
        const asked: Action = { ...action, ...limits };
        const bound = boundAmounts({
          action: asked,
          paramsJson: hour ? '{"ttl":"1h"}' : "{}",
          rates,
          toolPrice: null,
          counter: () => 0,
        });
        const used = amountsFor({ usage, rates: bound.rates, action: asked, reserved: bound.amounts });
        for (const [unit, amount] of Object.entries(used.amounts)) {
          expect(amount).toBeLessThanOrEqual(bound.amounts[unit] ?? -1n);
          expect(amount).toBeGreaterThanOrEqual(0n);
        }
        expect(bound.unknown).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the price of what was used", () => {
  it("never falls when a flat price is used more", () => {
    const flat = fc.record({
      model: fc.constant("m"),
      provider: fc.constant("p"),
      input: fc.bigInt({ min: 0n, max: 10n ** 11n }),
      output: fc.bigInt({ min: 0n, max: 10n ** 11n }),
    });
    const tokens = fc.integer({ min: 1, max: 5_000 });
    fc.assert(
      fc.property(
        flat,
        tokens,
        fc.nat(1_000),
        fc.nat(50),
        fc.nat(50),
        (rates, input, output, more, extra) => {
          const less = usdOf({ inputTokens: input, outputTokens: output }, rates) ?? -1n;
          const most = usdOf({ inputTokens: input + more, outputTokens: output + extra }, rates) ?? -2n;
          expect(most).toBeGreaterThanOrEqual(less);
        },
      ),
    );
  });
});
