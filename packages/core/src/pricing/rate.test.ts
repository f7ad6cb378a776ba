import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Rate } from "./price-catalog.ts";
import { dearer, dearestUpTo, rateAt } from "./rate.ts";

const tiered: Rate = {
  base: 5n,
  tiers: [
    { start: 200, rate: 10n },
    { start: 1_000, rate: 7n },
  ],
};

const anyRate: fc.Arbitrary<Rate> = fc.oneof(
  fc.bigInt({ min: 0n, max: 50n }),
  fc.record({
    base: fc.bigInt({ min: 0n, max: 50n }),
    tiers: fc
      .uniqueArray(fc.record({ start: fc.nat(100), rate: fc.bigInt({ min: 0n, max: 50n }) }), {
        selector: (tier) => tier.start,
        maxLength: 3,
      })
      .map((tiers) => tiers.sort((a, b) => a.start - b.start)),
  }),
);

describe("a rate with tiers", () => {
  it("is the base up to and at the start of the first tier, and the tier's beyond it", () => {
    expect(rateAt(tiered, 200)).toBe(5n);
    expect(rateAt(tiered, 201)).toBe(10n);
  });

  it("is that of the last tier that the input exceeds, though it is cheaper", () => {
    expect(rateAt(tiered, 1_001)).toBe(7n);
  });

  it("is flat when it is one number", () => {
    expect(rateAt(5n, 1_000_000)).toBe(5n);
    expect(dearestUpTo(5n, 1_000_000)).toBe(5n);
  });

  it("never exceeds its dearest, for any input up to the bound", () => {
    fc.assert(
      fc.property(anyRate, fc.nat(120), fc.nat(120), (rate, bound, input) => {
        fc.pre(input <= bound);
        expect(rateAt(rate, input)).toBeLessThanOrEqual(dearestUpTo(rate, bound));
      }),
    );
  });

  it("has a dearest that some input really meets", () => {
    expect(dearestUpTo(tiered, 200)).toBe(5n);
    expect(dearestUpTo(tiered, 201)).toBe(10n);
    expect(dearestUpTo(tiered, 5_000)).toBe(10n);
  });
});

describe("the dearer of two rates", () => {
  it("is the larger of both at every size of the input", () => {
    fc.assert(
      fc.property(anyRate, anyRate, fc.nat(120), (a, b, input) => {
        const both = [rateAt(a, input), rateAt(b, input)];
        const found = rateAt(dearer(a, b), input);
        expect(both).toContain(found);
        for (const rate of both) expect(found).toBeGreaterThanOrEqual(rate);
      }),
    );
  });
});
