import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidConfig } from "../errors.ts";
import { type AmountInput, formatAmount, maxAmount, nanoPerDollar, parseAmount } from "./amounts.ts";

const slips = ["usd", "call", "token", "input_token", "output_token", "dollar", "dollars", "k"];
const amounts = fc.bigInt({ min: 0n, max: maxAmount });
const units = fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/).filter((unit) => !slips.includes(unit));

const read = (input: unknown) => parseAmount(input as AmountInput, "limit");

describe("reading amounts", () => {
  it.each([
    ["$5.00", "usd", 5_000_000_000n],
    ["$5", "usd", 5_000_000_000n],
    ["$ 5", "usd", 5_000_000_000n],
    ["$0", "usd", 0n],
    ["$0.18", "usd", 180_000_000n],
    ["$0.000000001", "usd", 1n],
    ["$9223372036.854775807", "usd", maxAmount],
    ["200k tokens", "tokens", 200_000n],
    ["200K tokens", "tokens", 200_000n],
    ["200 k tokens", "tokens", 200_000n],
    ["1.5M tokens", "tokens", 1_500_000n],
    ["1.500000k tokens", "tokens", 1_500n],
    ["2G output_tokens", "output_tokens", 2_000_000_000n],
    ["100 calls", "calls", 100n],
    ["1.0 calls", "calls", 1n],
    ["0 calls", "calls", 0n],
    ["20 emails", "emails", 20n],
    ["9223372036854775807 rows", "rows", maxAmount],
  ])("reads %s", (text, unit, amount) => {
    expect(read(text)).toEqual({ unit, amount });
  });

  it("takes exact numbers as they are, in a copy that the caller cannot change", () => {
    const input = { unit: "usd", amount: 5n, extra: true };
    const amount = read(input);
    input.amount = 6n;
    expect(amount).toEqual({ unit: "usd", amount: 5n });
  });

  it.each<[unknown, RegExp]>([
    [5, /expected "\$5.00"/],
    [Number.NaN, /expected/],
    [5n, /expected/],
    [null, /expected/],
    [undefined, /expected/],
    [{}, /expected/],
    [{ unit: "usd", amount: 5 }, /expected/],
    [{ unit: "usd", amount: "5" }, /expected/],
    [{ unit: "USD", amount: 5n }, /"USD" is not a unit/],
    [{ unit: "", amount: 5n }, /is not a unit/],
    [{ unit: Symbol("usd"), amount: 5n }, /is not a unit/],
    [{ amount: 5n }, /is not a unit/],
    [{ unit: "a".repeat(65), amount: 5n }, /is not a unit/],
    [{ unit: "usd", amount: -1n }, /negative/],
    [{ unit: "usd", amount: maxAmount + 1n }, /2\^63/],
    ["", /cannot read/],
    ["5", /cannot read/],
    ["5.00", /cannot read/],
    ["-$5", /cannot read/],
    ["$-5", /cannot read/],
    ["$1e3", /cannot read/],
    ["$5,000", /cannot read/],
    ["$5.0000000001", /cannot read/],
    ["$5 ", /cannot read/],
    [" $5", /cannot read/],
    ["$\n5", /cannot read/],
    ["$٥", /cannot read/],
    ["5 USD", /cannot read/],
    ["-5 tokens", /cannot read/],
    ["200k", /cannot read/],
    ["200ktokens", /cannot read/],
    ["NaN tokens", /cannot read/],
    ["Infinity tokens", /cannot read/],
    ["1.5 calls", /fraction of one calls/],
    ["1.2345k tokens", /fraction/],
    ["$9223372036.854775808", /2\^63/],
    ["9223372036854775808 rows", /2\^63/],
    ["999999999999999999G rows", /2\^63/],
  ])("refuses %s and names the field", (input, problem) => {
    expect(() => read(input)).toThrow(InvalidConfig);
    expect(() => read(input)).toThrow(problem);
    expect(() => read(input)).toThrow(/^limit: /);
  });

  it.each([
    ["5 usd", "$5.00"],
    ["1 call", "calls"],
    ["200k token", "tokens"],
    ["5 dollars", "$5.00"],
    ["200 k", "200k tokens"],
  ])("refuses %s, a limit that could never be reached, and says how to write it", (text, right) => {
    expect(() => read(text)).toThrow(right);
  });

  it("answers every text with an amount in range or with InvalidConfig", () => {
    const scraps = fc.constantFrom("$", "-", ".", " ", "0", "7", "00", "k", "M", "usd", "tokens", "e3", ",");
    const texts = fc.oneof(
      fc.string(),
      fc.array(scraps, { maxLength: 8 }).map((parts) => parts.join("")),
    );
    let readable = 0;
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const { amount, unit } = read(text);
          expect(amount >= 0n && amount <= maxAmount).toBe(true);
          expect(unit).toMatch(/^[a-z][a-z0-9_]*$/);
          readable += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidConfig);
        }
      }),
      { numRuns: 2000 },
    );
    expect(readable).toBeGreaterThan(0);
  });
});

describe("writing amounts", () => {
  it.each([
    ["usd", 900_000_000n, "$0.90"],
    ["usd", 0n, "$0.00"],
    ["usd", 5_000_000_000n, "$5.00"],
    ["usd", 1n, "$0.000000001"],
    ["usd", -10_000_000n, "-$0.01"],
    ["usd", -1_500_000_000n, "-$1.50"],
    ["tokens", 1500n, "1500 tokens"],
    ["tokens", -3n, "-3 tokens"],
    ["tokens", 1n, "1 token"],
    ["input_tokens", 1n, "1 input_token"],
    ["output_tokens", 1n, "1 output_token"],
    ["calls", 1n, "1 call"],
    ["calls", 0n, "0 calls"],
    ["calls", 2n, "2 calls"],
    ["calls", -1n, "-1 calls"],
    ["emails", 1n, "1 emails"],
  ])("writes %s %s as %s", (unit, amount, text) => {
    expect(formatAmount(unit, amount)).toBe(text);
  });

  it("writes what reads back as the same amount of dollars", () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        expect(read(formatAmount("usd", amount))).toEqual({ unit: "usd", amount });
      }),
    );
  });

  it("writes what reads back as the same amount of any counted unit", () => {
    fc.assert(
      fc.property(units, amounts, (unit, amount) => {
        expect(read(formatAmount(unit, amount))).toEqual({ unit, amount });
      }),
    );
  });

  it("reads dollars and cents as exactly that many nano-dollars", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(99), (dollars, cents) => {
        const text = `$${dollars}.${cents.toString().padStart(2, "0")}`;
        expect(read(text).amount).toBe((BigInt(dollars) * 100n + BigInt(cents)) * (nanoPerDollar / 100n));
      }),
    );
  });
});
