import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { claimOf, decisionContent, noon, openChain } from "../../test/sample-receipts.ts";
import { maxAmount } from "../action/amounts.ts";
import { readReceipt } from "./receipt-schema.ts";

/** How a decision reads with this time, and with this amount in its claim. */
function readingWith({ time, amount = "1" }: { time?: string; amount?: string }): string {
  const { chain } = openChain();
  const { receipt } = chain.seal(decisionContent({ claims: [claimOf(1n)] }), noon);
  const claims = [{ ...claimOf(1n), amount }];
  const body = { ...receipt.body, claims, ...(time === undefined ? {} : { time }) };
  return readReceipt({ ...receipt, body }).status;
}

describe("a receipt's time", () => {
  const digits = (length: number, max: number) =>
    fc.nat(max).map((value) => `${value}`.padStart(length, "0"));
  const year = fc.oneof(digits(4, 9999), fc.constantFrom("2000", "2024", "2026", "2100", "0000"));
  const date = fc.tuple(
    year,
    digits(2, 13),
    fc.oneof(digits(2, 32), fc.constantFrom("28", "29", "30", "31")),
  );
  const clock = fc.tuple(digits(2, 25), digits(2, 61), digits(2, 61), digits(3, 999));

  it("is one that the calendar has, in the one form", () => {
    fc.assert(
      fc.property(date, clock, ([y, month, day], [hour, minute, second, ms]) => {
        const time = `${y}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`;
        const instant = new Date(time);
        const exists = !Number.isNaN(instant.getTime()) && instant.toISOString() === time;
        expect(readingWith({ time }), time).toBe(exists ? "ok" : "malformed");
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    "2026-03-02",
    "2026-03-02T00:00:00Z",
    "2026-03-02T00:00:00.000z",
    "+010000-01-01T00:00:00.000Z",
    "",
  ])("is not written as %j", (time) => {
    expect(readingWith({ time })).toBe("malformed");
  });
});

describe("a receipt's amount", () => {
  it("is a whole number up to the largest that a ledger holds", () => {
    const near = fc.bigInt({ min: -20n, max: 20n }).map((offset) => maxAmount + offset);
    const like = fc
      .tuple(fc.nat(18), fc.nat(9))
      .map(([at, digit]) => BigInt(`${maxAmount}`.slice(0, at) + digit + `${maxAmount}`.slice(at + 1)));
    const any = fc.bigInt({ min: 0n, max: 10n ** 21n });
    fc.assert(
      fc.property(fc.oneof(near, like, any), (amount) => {
        expect(readingWith({ amount: `${amount}` }), `${amount}`).toBe(
          amount <= maxAmount ? "ok" : "malformed",
        );
      }),
      { numRuns: 1000 },
    );
  });

  it.each(["", "-1", "+1", "01", "1.5", "1e3", "0x1", " 1", "1\n", "\u0661"])(
    "is not written as %j, which is told and not thrown",
    (amount) => {
      expect(readingWith({ amount })).toBe("malformed");
    },
  );
});
