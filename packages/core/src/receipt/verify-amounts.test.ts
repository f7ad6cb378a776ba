import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TestChain } from "../../test/sample-log.ts";
import { claimOf, decisionContent, settlementContent, testId } from "../../test/sample-receipts.ts";
import type { ReceiptClaim, SettlementBody } from "./receipt.ts";
import { whyUnexplained } from "./verify-amounts.ts";
import { verifyChain } from "./verify-chain.ts";

type Changes = Partial<Omit<SettlementBody, "type">>;

/** What a settlement does, and what was held for it: one claim where nothing is said. */
type Case = readonly [what: string, changes: Changes, claims?: readonly ReceiptClaim[]];

const held = testId(1);
const usd = claimOf(1000n);
const monthly = claimOf(1000n, { budget: "monthly" });
const calls = claimOf(1n, { unit: "calls" });
const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`unit_${index}`, 1n]));

function amounts(used: Readonly<Record<string, bigint>>): SettlementBody["amounts"] {
  return Object.entries(used).map(([unit, amount]) => ({ unit, amount: `${amount}` }));
}

/** What comes of settling a decision that holds these claims. */
async function settled(changes: Changes, claims: readonly ReceiptClaim[] = [usd]): Promise<string> {
  const chain = new TestChain("main");
  chain.add({ ...decisionContent({ claims, reservation: held }), id: held });
  chain.add(settlementContent(held, { reservation: held, ...changes }));
  const report = await verifyChain(chain.lines);
  return report.break === null ? report.verdict : `${report.break.reason} at ${report.break.seq}`;
}

describe("a settlement", () => {
  const both = [claimOf(5n), claimOf(5n, { budget: "monthly" })];
  const explained: readonly Case[] = [
    ["may book what was held", { amounts: amounts({ usd: 1000n }) }],
    ["may book less", { amounts: amounts({ usd: 0n }) }],
    ["may name no unit, and books what was held", {}],
    ["may book more with as much overage", { amounts: amounts({ usd: 1005n }), overage: [claimOf(5n)] }],
    ["may have overage in each budget", { amounts: amounts({ usd: 1005n }), overage: both }, [usd, monthly]],
    [
      "may have it in another order",
      { amounts: amounts({ usd: 1005n }), overage: both.toReversed() },
      [usd, monthly],
    ],
    ["may book units that were not held", { amounts: amounts({ usd: 1n, tokens: 10n ** 9n }) }],
    ["may book many units", { amounts: amounts({ ...many, usd: 1005n }), overage: [claimOf(5n)] }],
    ["may have an empty overage", { amounts: amounts({ usd: 1n }), overage: [] }],
    ["may be a release of it all", { outcome: "released", overage: [] }],
    [
      "may come late with what did not fit any more",
      { late: true, amounts: amounts({ usd: 700n }), overage: [claimOf(300n)] },
    ],
    ["may come late and fit", { late: true, amounts: amounts({ usd: 5000n }) }],
  ];
  for (const [what, changes, claims] of explained) {
    it(what, async () => {
      expect(await settled(changes, claims)).toBe("bound");
    });
  }

  const unexplained: readonly Case[] = [
    ["books more in silence", { amounts: amounts({ usd: 1001n }) }],
    ["books more in silence, among many units", { amounts: amounts({ ...many, usd: 1001n }) }],
    ["has too little overage", { amounts: amounts({ usd: 1005n }), overage: [claimOf(4n)] }],
    ["has too much overage", { amounts: amounts({ usd: 1005n }), overage: [claimOf(6n)] }],
    ["has overage where there was none", { amounts: amounts({ usd: 1000n }), overage: [claimOf(1n)] }],
    ["has overage of what it does not name", { overage: [claimOf(1n)] }],
    ["forgets one budget", { amounts: amounts({ usd: 1005n }), overage: [claimOf(5n)] }, [usd, monthly]],
    ["forgets one unit", { amounts: amounts({ usd: 1n, calls: 2n }) }, [usd, calls]],
    [
      "has another window's overage",
      { amounts: amounts({ usd: 1005n }), overage: [claimOf(5n, { window: "2025-11-21T00:00:00Z" })] },
    ],
    [
      "has another partition's overage",
      { amounts: amounts({ usd: 1005n }), overage: [claimOf(5n, { partition: "user=bob" })] },
    ],
    ["has an overage twice", { amounts: amounts({ usd: 1005n }), overage: [claimOf(5n), claimOf(5n)] }],
    ["has an overage of nothing that was held", { amounts: amounts({ usd: 1n }), overage: [calls] }],
    ["books a unit twice", { amounts: [...amounts({ usd: 1n }), ...amounts({ usd: 900n })] }],
    ["is a release with overage", { outcome: "released", overage: [claimOf(1n)] }],
    ["is an expiry with overage", { outcome: "expired", overage: [claimOf(1n)] }],
    [
      "comes late with more overage than it books",
      { late: true, amounts: amounts({ usd: 5n }), overage: [claimOf(6n)] },
    ],
    ["comes late with a stranger's overage", { late: true, amounts: amounts({ usd: 5n }), overage: [calls] }],
  ];
  for (const [what, changes, claims] of unexplained) {
    it(`does not hold when it ${what}`, async () => {
      expect(await settled(changes, claims)).toBe("unexplained_amount at 2");
    });
  }

  it("of a decision in another log, which has expired, has no overage either", async () => {
    const chain = new TestChain("main");
    chain.add(settlementContent(held, { outcome: "expired", overage: [claimOf(1n)] }));
    expect((await verifyChain(chain.lines)).break).toMatchObject({ reason: "unexplained_amount", seq: 1 });
  });

  it("that does not hold leaves its decision open", async () => {
    const chain = new TestChain("main");
    chain.add({ ...decisionContent({ claims: [usd], reservation: held }), id: held });
    chain.add(settlementContent(held, { reservation: held, amounts: amounts({ usd: 1001n }) }));
    expect(await verifyChain(chain.lines)).toMatchObject({ verdict: "broken", receipts: 2, open: 1 });
  });
});

describe("overage", () => {
  it("is what was booked above what was held, whatever both were", () => {
    const amount = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(amount, amount, amount, (was, used, over) => {
        const body = settlementContent(held, {
          amounts: amounts({ usd: used }),
          overage: [claimOf(over)],
        }) as SettlementBody;
        const expected = used > was ? used - was : 0n;
        expect(whyUnexplained(body, [claimOf(was)]) === null).toBe(over === expected);
        const right = { ...body, overage: expected === 0n ? [] : [claimOf(expected)] };
        expect(whyUnexplained(right, [claimOf(was)])).toBeNull();
      }),
    );
  });
});
