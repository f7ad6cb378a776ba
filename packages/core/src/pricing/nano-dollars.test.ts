import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidConfig } from "../errors.ts";
import { divideUp, nanoDollars, parseDollars } from "./nano-dollars.ts";

describe("dollars as a number", () => {
  it.each([
    [2.5, 2_500_000_000n],
    [0.0375, 37_500_000n],
    [0.1, 100_000_000n],
    [0, 0n],
    [75, 75_000_000_000n],
    [1e-9, 1n],
    [1.5e-7, 150n],
    [1e21, 10n ** 30n],
  ])("%d becomes exactly what its decimal text says", (dollars, nano) => {
    expect(nanoDollars(dollars)).toBe(nano);
  });

  it.each([
    [0.08333333333333334, 83_333_334n],
    [0.18000000000000002, 180_000_001n],
    [1e-10, 1n],
    [2.5e-12, 1n],
  ])("%d is rounded up below a nano-dollar", (dollars, nano) => {
    expect(nanoDollars(dollars)).toBe(nano);
  });

  it.each([-1, -0.5, Number.NaN, Number.POSITIVE_INFINITY])("%d is no price", (dollars) => {
    expect(nanoDollars(dollars)).toBeNull();
  });

  it("keeps every count of nano-dollars that a number can hold in so many digits", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 999_999_999_999_999n }), (nano) => {
        const text = `${nano / 1_000_000_000n}.${(nano % 1_000_000_000n).toString().padStart(9, "0")}`;
        expect(nanoDollars(Number(text))).toBe(nano);
      }),
    );
  });
});

describe("dollars as text", () => {
  it("are exact to nine decimals", () => {
    expect(parseDollars("$2.50", "price")).toBe(2_500_000_000n);
    expect(parseDollars("$0.000000001", "price")).toBe(1n);
  });

  it.each(["2.50", "$-1", "$", "100 calls", "€2", "$1e3", "$0.0000000001"])("cannot be %s", (text) => {
    expect(() => parseDollars(text, "price")).toThrow(InvalidConfig);
  });

  it("cannot be a number", () => {
    expect(() => parseDollars(2.5 as unknown as string, "models.x.input")).toThrow(
      expect.objectContaining({ field: "models.x.input" }),
    );
  });
});

describe("dividing up", () => {
  it("rounds any remainder up and nothing else", () => {
    expect([0n, 1n, 999n, 1_000n, 1_001n].map((amount) => divideUp(amount, 1_000n))).toEqual([
      0n,
      1n,
      1n,
      1n,
      2n,
    ]);
  });
});
