import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  adjustmentContent,
  claimOf,
  decisionContent,
  noon,
  openChain,
  sampleChain,
  settlementContent,
  testId,
} from "../../test/sample-receipts.ts";
import { VerificationError } from "../errors.ts";
import type { ReceiptContent } from "./chain.ts";
import { type ReplayedBalance, replayBalances } from "./replay-balances.ts";

function replay(...contents: readonly ReceiptContent[]): Promise<readonly ReplayedBalance[]> {
  const { chain, opening } = openChain({ firstId: 10_000 });
  return replayBalances(
    [opening, ...contents.map((content) => chain.seal(content, noon))].map(({ json }) => json),
  );
}

const daily = { budget: "daily", partition: "user=alice", window: "2025-11-20T00:00:00Z", unit: "usd" };
const held = testId(1);
const allow: ReceiptContent = {
  ...decisionContent({ claims: [claimOf(1000n)], reservation: held }),
  id: held,
};
const ending = settlementContent(held, { reservation: held });
const usd = (amount: string): { amounts: [{ unit: string; amount: string }] } => ({
  amounts: [{ unit: "usd", amount }],
});

describe("replayed balances", () => {
  it.each([
    ["hold what an open decision claims", [], { spent: 0n, held: 1000n }],
    ["book what was settled", [{ ...ending, ...usd("400") }], { spent: 400n, held: 0n }],
    ["book overage too", [{ ...ending, ...usd("1500") }], { spent: 1500n, held: 0n }],
    ["book as reserved what a settlement does not name", [ending], { spent: 1000n, held: 0n }],
    ["give back what was released", [{ ...ending, outcome: "released" }], { spent: 0n, held: 0n }],
    ["give back what expired", [{ ...ending, outcome: "expired" }], { spent: 0n, held: 0n }],
    [
      "book what settled after it had expired",
      [
        { ...ending, outcome: "expired" },
        { ...ending, ...usd("70"), late: true },
      ],
      { spent: 70n, held: 0n },
    ],
  ] as const)("%s", async (_, endings, expected) => {
    expect(await replay(allow, ...endings)).toEqual([{ ...daily, ...expected }]);
  });

  it("count what shadow mode claims, and hold a replayed decision once", async () => {
    const shadow: ReceiptContent = {
      ...decisionContent({ outcome: "deny", mode: "shadow", claims: [claimOf(5n)], reservation: testId(2) }),
      id: testId(2),
    };
    const again: ReceiptContent = { ...allow, id: testId(3) };
    expect(await replay(allow, shadow, again)).toEqual([{ ...daily, spent: 0n, held: 1005n }]);
  });

  it("ignore the expiry of another process's reservation", async () => {
    expect(await replay({ ...ending, outcome: "expired" })).toEqual([]);
  });

  it("add what a person adjusted, also below 0, and where nothing was ever held", async () => {
    const settled = { ...ending, ...usd("400") };
    const topUp = adjustmentContent(-1000n, { kind: "top_up" });
    expect(await replay(allow, topUp, settled)).toEqual([{ ...daily, spent: -600n, held: 0n }]);
    const other = adjustmentContent(7n, { budget: "other", adjustment: "adjustment-2" });
    expect(await replay(topUp, other)).toEqual([
      { ...daily, spent: -1000n, held: 0n },
      { ...daily, budget: "other", spent: 7n, held: 0n },
    ]);
  });

  it("count an adjustment once, however often it is told, and refuse one that is told otherwise", async () => {
    const told = adjustmentContent(-5n);
    const another = adjustmentContent(-5n, { adjustment: "adjustment-2" });
    expect(await replay(told, told, another, told)).toEqual([{ ...daily, spent: -10n, held: 0n }]);
    for (const change of [{ amount: "-6" }, { by: "eve" }, { budget: "b" }, { reason: "" }]) {
      await expect(replay(told, { ...told, ...change })).rejects.toThrow(/was another before/);
    }
  });

  it("pass over the ends of decisions that were dropped, where they are told that some were", async () => {
    const { chain, opening } = openChain({ firstId: 10_000 });
    const contents = [
      { ...ending, ...usd("400") },
      { ...allow, id: testId(2), reservation: testId(2) },
    ];
    const lines = [opening, ...contents.map((content) => chain.seal(content, noon))].map(({ json }) => json);
    expect(await replayBalances(lines, { trimmed: true })).toEqual([{ ...daily, spent: 0n, held: 1000n }]);
    await expect(replayBalances(lines)).rejects.toThrow(/unknown, let nothing through, or has ended/);
  });

  it("agree with the sample chain", async () => {
    expect(await replayBalances(sampleChain().map(({ receipt }) => receipt))).toEqual([
      { ...daily, spent: 1200n, held: 0n },
    ]);
  });

  it("refuse what cannot be read and what settles nothing", async () => {
    await expect(replayBalances(["{}"])).rejects.toThrow(VerificationError);
    await expect(replay(ending)).rejects.toThrow(/unknown, let nothing through, or has ended/);
    await expect(replay(allow, ending, ending)).rejects.toThrow(VerificationError);
    await expect(replay(allow, allow)).rejects.toThrow(/open already/);
  });

  it("come to the same as adding up by hand, over any mix of budgets, units and endings", async () => {
    const claim = fc.record({
      budget: fc.constantFrom("a", "b"),
      partition: fc.constantFrom("", "user=alice", "user=bob"),
      unit: fc.constantFrom("usd", "tokens"),
      amount: fc.bigInt(0n, 10n ** 12n),
    });
    const attempt = fc.record({
      claims: fc.uniqueArray(claim, {
        maxLength: 3,
        selector: (c) => `${c.budget}/${c.partition}/${c.unit}`,
      }),
      ending: fc.constantFrom("open", "settled", "released", "expired", "late"),
      actual: fc.dictionary(fc.constantFrom("usd", "tokens", "calls"), fc.bigInt(0n, 10n ** 12n)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { maxLength: 12 }), async (attempts) => {
        const contents: ReceiptContent[] = [];
        const endings: ReceiptContent[] = [];
        const expected = new Map<string, { spent: bigint; held: bigint }>();
        for (const [index, { claims, ending, actual }] of attempts.entries()) {
          const id = testId(index);
          const amounts = Object.entries(actual).map(([unit, amount]) => ({ unit, amount: `${amount}` }));
          const claimed = claims.map(({ amount, ...rest }) => claimOf(amount, rest));
          contents.push({ ...decisionContent({ claims: claimed, reservation: id }), id });
          const settled = settlementContent(id, { reservation: id, amounts });
          const expired = settlementContent(id, { reservation: id, outcome: "expired" });
          if (ending === "settled") endings.push(settled);
          if (ending === "released") endings.push({ ...expired, outcome: "released" });
          if (ending === "expired" || ending === "late") endings.push(expired);
          if (ending === "late") endings.push({ ...settled, late: true });
          for (const { budget, partition, unit, amount } of claims) {
            const key = `${budget}/${partition}/${unit}`;
            const balance = expected.get(key) ?? { spent: 0n, held: 0n };
            if (ending === "open") balance.held += amount;
            if (ending === "settled" || ending === "late") balance.spent += actual[unit] ?? amount;
            expected.set(key, balance);
          }
        }
        const balances = await replay(...contents, ...endings);
        expect(
          new Map(
            balances.map((b) => [`${b.budget}/${b.partition}/${b.unit}`, { spent: b.spent, held: b.held }]),
          ),
        ).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
