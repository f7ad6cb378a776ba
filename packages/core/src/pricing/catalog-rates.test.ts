import { describe, expect, it } from "vitest";
import { ratesOf } from "./catalog-rates.ts";

describe("the rates made of a catalogue's prices", () => {
  it("are integers, and only those that the catalogue has", () => {
    expect(ratesOf("openai", "gpt-4o", { input_mtok: 2.5, cache_read_mtok: 1.25, output_mtok: 10 })).toEqual({
      provider: "openai",
      model: "gpt-4o",
      input: 2_500_000_000n,
      cacheRead: 1_250_000_000n,
      output: 10_000_000_000n,
    });
  });

  it("hold tiers in rising order", () => {
    const tiers = [
      { start: 500, price: 3 },
      { start: 200, price: 2 },
    ];
    expect(ratesOf("p", "m", { input_mtok: { base: 1, tiers }, output_mtok: 1 })?.input).toEqual({
      base: 1_000_000_000n,
      tiers: [
        { start: 200, rate: 2_000_000_000n },
        { start: 500, rate: 3_000_000_000n },
      ],
    });
  });

  it("make a price for a thousand calls the price of one, rounded up", () => {
    expect(ratesOf("p", "m", { input_mtok: 1, output_mtok: 1, requests_kcount: 12 })?.perCall).toBe(
      12_000_000n,
    );
    expect(ratesOf("p", "m", { input_mtok: 1, requests_kcount: 1e-9 })?.perCall).toBe(1n);
  });

  it("take the dearest kind of output, since usage does not tell them apart", () => {
    const prices = { input_mtok: 1, output_mtok: 2, output_image_mtok: 30, output_audio_mtok: 20 };
    expect(ratesOf("p", "m", prices)?.output).toBe(30_000_000_000n);
    expect(ratesOf("p", "m", { input_mtok: 2, output_mtok: 8, output_reasoning_mtok: 3 })?.output).toBe(
      8_000_000_000n,
    );
  });

  it("keep the dearest kind of media input apart from text", () => {
    const prices = {
      input_mtok: 0.3,
      output_mtok: 1,
      cache_read_mtok: 0.03,
      input_audio_mtok: 1,
      input_image_mtok: 0.2,
      cache_audio_read_mtok: 0.1,
    };
    expect(ratesOf("p", "m", prices)).toMatchObject({
      input: 300_000_000n,
      cacheRead: 30_000_000n,
      media: { input: 1_000_000_000n, cacheRead: 100_000_000n, cacheWrite: 1_000_000_000n },
    });
  });

  it("never price media below text", () => {
    const prices = { input_mtok: 2, output_mtok: 1, cache_write_mtok: 3, input_image_mtok: 1 };
    expect(ratesOf("p", "m", prices)?.media).toEqual({
      input: 2_000_000_000n,
      cacheRead: 2_000_000_000n,
      cacheWrite: 3_000_000_000n,
    });
  });

  it.each([
    ["nothing", {}],
    ["no price for input", { output_mtok: 1 }],
    ["a price by the hour alone", { audio_hours: 0.36 }],
    ["nothing but zeros", { input_mtok: 0, output_mtok: 0 }],
    ["a negative price", { input_mtok: -1, output_mtok: 1 }],
    ["a price that is no number", { input_mtok: Number.NaN, output_mtok: 1 }],
  ])("are unknown, not free, for %s", (_, prices) => {
    expect(ratesOf("p", "m", prices)).toBeNull();
  });

  it("take a zero beside a real price for what it says", () => {
    expect(ratesOf("p", "m", { input_mtok: 0.1, output_mtok: 0 })?.output).toBe(0n);
  });

  it("have no price for output where the catalogue has none", () => {
    expect(ratesOf("p", "m", { input_mtok: 0.02 })).not.toHaveProperty("output");
  });
});
