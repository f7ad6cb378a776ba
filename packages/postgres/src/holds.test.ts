import { type Claim, StorageFailed } from "@tollgate/core";
import { maxAmount } from "@tollgate/core/driver";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBalances } from "./balance-order.ts";
import { claimsOf, holdsOf, listOf, standingsOf } from "./holds.ts";

const name = fc.constantFrom("", "a", "b", "\u{1f512}", "\uffff", "é");
const amount = fc.bigInt({ min: 0n, max: 2n ** 60n });
const claim: fc.Arbitrary<Claim> = fc.record({
  budget: name,
  partition: name,
  window: fc.constantFrom("total", "run:1"),
  endsAt: fc.constantFrom(null, 4_102_444_800_000),
  unit: fc.constantFrom("usd", "tokens"),
  amount,
  limit: fc.option(amount),
  soft: fc.boolean(),
});
const claims = fc.array(claim, { maxLength: 6 });

describe("claims as they are stored", () => {
  it("come back as they were, in their order", () => {
    fc.assert(
      fc.property(claims, (list) => {
        const { holds, claims: stored } = holdsOf(list);
        const kept = JSON.parse(JSON.stringify({ id: "i", due: 0, holds, claims: stored }));
        expect(claimsOf(kept)).toEqual(list);
      }),
    );
  });

  it("are held once for each balance, in the order in which balances are locked", () => {
    fc.assert(
      fc.property(claims, (list) => {
        const { holds, terms } = holdsOf(list);
        const keys = holds.map(([budget, partition, window, unit]) => ({ budget, partition, window, unit }));
        for (const [nth, key] of keys.entries()) {
          const [next] = keys.slice(nth + 1);
          if (next !== undefined) expect(compareBalances(key, next)).toBeLessThan(0);
          const own = list.filter((each) => compareBalances(each, key) === 0);
          expect(own).toHaveLength(holds[nth]?.[5] ?? 0);
          expect(BigInt(holds[nth]?.[4] ?? "")).toBe(own.reduce((sum, each) => sum + each.amount, 0n));
          const limits = own.flatMap(({ limit }) => (limit === null ? [] : [limit]));
          const [least] = [...limits, maxAmount].sort((one, other) => (one < other ? -1 : 1));
          expect(BigInt(terms[nth]?.[0] ?? "")).toBe(least);
          expect(terms[nth]?.[4]).toBe(limits.length < own.length);
        }
        expect(holds.reduce((sum, [, , , , , count]) => sum + count, 0)).toBe(list.length);
      }),
    );
  });

  const large = { ...fc.sample(claim, 1)[0], amount: maxAmount, limit: maxAmount, soft: false } as Claim;

  it("that come to more than any limit never fit, whatever stands there", () => {
    const { holds, terms } = holdsOf([large, { ...large, soft: true }]);
    expect(holds.map(([, , , , held]) => held)).toEqual(["0"]);
    expect(terms.map(([least, hard, soft]) => [least, hard, soft])).toEqual([
      [null, expect.any(String), expect.any(String)],
    ]);
    for (const [, hard, soft] of terms) {
      expect(BigInt(hard ?? 0)).toBeLessThan(-(2n ** 63n));
      expect(BigInt(soft ?? 0)).toBeLessThan(-(2n ** 63n));
    }
  });

  it("that come to more than 2^63 - 1 without a limit are refused", () => {
    expect(() => holdsOf([large, { ...large, limit: null }])).toThrow(StorageFailed);
  });
});

describe("the database's arrays of numbers", () => {
  it("are read by element, also when there is none", () => {
    expect(listOf("{1,NULL,3}")).toEqual(["1", "NULL", "3"]);
    expect(listOf("{}")).toEqual([]);
    expect(listOf(null)).toEqual([]);
    expect(standingsOf("{1,9223372036854775807}", "{0,2}")).toEqual([
      { spent: 1n, held: 0n },
      { spent: maxAmount, held: 2n },
    ]);
  });
});
