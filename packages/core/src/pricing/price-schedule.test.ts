import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { priceAt } from "./price-schedule.ts";

const day = (text: string): number => Date.parse(text);
const price = (input_mtok: number) => ({ input_mtok });

describe("a schedule of prices", () => {
  it("is timeless when it is one price", () => {
    expect(priceAt(price(1), 5)).toEqual({ prices: price(1), from: -Infinity, until: Infinity });
  });

  it("changes at midnight UTC of a start date", () => {
    const schedule = [
      { prices: price(5) },
      { constraint: { type: "start_date" as const, start_date: "2026-08-21" }, prices: price(4) },
    ];
    const start = day("2026-08-21T00:00:00Z");
    expect(priceAt(schedule, start - 1)).toEqual({ prices: price(5), from: -Infinity, until: start });
    expect(priceAt(schedule, start)).toEqual({ prices: price(4), from: start, until: Infinity });
  });

  it("changes at times of the day, over midnight too, whatever the offset", () => {
    const schedule = [
      { prices: price(1) },
      {
        constraint: { type: "time_of_date" as const, start_time: "23:30:00Z", end_time: "03:00:00+01:00" },
        prices: price(2),
      },
    ];
    const at = (text: string) => priceAt(schedule, day(text))?.prices.input_mtok;
    expect(at("2026-01-01T23:29:59.999Z")).toBe(1);
    expect(at("2026-01-01T23:30:00Z")).toBe(2);
    expect(at("2026-01-02T01:59:59.999Z")).toBe(2);
    expect(at("2026-01-02T02:00:00Z")).toBe(1);
    expect(priceAt(schedule, day("2026-01-02T00:10:00Z"))).toMatchObject({
      from: day("2026-01-01T23:30:00Z"),
      until: day("2026-01-02T02:00:00Z"),
    });
  });

  it("takes the last entry whose condition holds", () => {
    const schedule = [
      { prices: price(1) },
      { constraint: { type: "start_date" as const, start_date: "2026-01-01" }, prices: price(2) },
      {
        constraint: { type: "time_of_date" as const, start_time: "01:00:00Z", end_time: "04:00:00Z" },
        prices: price(3),
      },
    ];
    expect(priceAt(schedule, day("2026-05-05T02:00:00Z"))?.prices).toEqual(price(3));
    expect(priceAt(schedule, day("2026-05-05T05:00:00Z"))?.prices).toEqual(price(2));
  });

  it("falls back on the first entry when no condition holds", () => {
    const schedule = [
      { constraint: { type: "start_date" as const, start_date: "2027-01-01" }, prices: price(9) },
    ];
    expect(priceAt(schedule, day("2026-01-01"))?.prices).toEqual(price(9));
  });

  it("answers the same at every moment of the span that it says it holds for", () => {
    const schedule = [
      { prices: price(1) },
      { constraint: { type: "start_date" as const, start_date: "2026-03-03" }, prices: price(2) },
      {
        constraint: { type: "time_of_date" as const, start_time: "20:00:00Z", end_time: "04:00:00Z" },
        prices: price(3),
      },
    ];
    const moment = fc.integer({ min: day("2026-03-01"), max: day("2026-03-06") });
    fc.assert(
      fc.property(moment, moment, (one, two) => {
        const found = priceAt(schedule, one);
        expect(found?.from).toBeLessThanOrEqual(one);
        expect(found?.until).toBeGreaterThan(one);
        if (found !== null && two >= found.from && two < found.until) {
          expect(priceAt(schedule, two)).toEqual(found);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["a start date", { type: "start_date", start_date: "soon" }],
    ["a time of day", { type: "time_of_date", start_time: "noon", end_time: "04:00:00Z" }],
  ])("has no price where %s is not understood", (_, constraint) => {
    expect(
      priceAt([{ prices: price(1) }, { constraint: constraint as never, prices: price(2) }], 0),
    ).toBeNull();
  });
});
