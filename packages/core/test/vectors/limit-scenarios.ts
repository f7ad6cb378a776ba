import type { Scenario, ScenarioStep } from "./scenario.ts";
import { alice, dollar, pay } from "./scenario-steps.ts";

/** Scenarios about what fits under a limit, and how it ends. */
export const limitScenarios: readonly Scenario[] = [...limits(), ...endings()];

function limits(): readonly Scenario[] {
  const gate = { budgets: [dollar] };
  const hold = (comment: string, last: string, ...amounts: readonly string[]): Scenario => ({
    comment,
    flags: ["Budget"],
    gate,
    runs: alice,
    steps: amounts.map((usd) => pay(usd)),
    last,
  });
  return [
    hold("an action that just fits", "valid", "1000000000"),
    hold("a nano-dollar too much", "budget_exceeded", "1000000001"),
    hold("two that fit together", "valid", "400000000", "600000000"),
    hold("what open calls hold counts", "budget_exceeded", "400000000", "600000001"),
    hold("nothing fits after the limit is reached", "budget_exceeded", "1000000000", "1"),
    hold("0 fits after the limit is reached", "valid", "1000000000", "0"),
    hold("a refused action holds nothing", "valid", "1000000001", "1000000000"),
    hold("the largest amount", "budget_exceeded", "9223372036854775807"),
    {
      comment: "a limit of 0 refuses the least",
      flags: ["Budget"],
      gate: { budgets: [{ id: "none", limit: "0 calls" }] },
      runs: alice,
      steps: [pay("0")],
      last: "budget_exceeded",
    },
    {
      comment: "a budget in another unit is not touched",
      flags: ["Budget"],
      gate: { budgets: [{ id: "mail", limit: "1 emails" }] },
      runs: alice,
      steps: [pay("5000000000"), pay("5000000000")],
      last: "valid",
    },
    {
      comment: "a unit of one's own",
      flags: ["Budget"],
      gate: { budgets: [{ id: "mail", limit: "2 emails" }] },
      runs: alice,
      steps: [pay("0", "r", { amounts: { emails: "2" } }), pay("0", "r", { amounts: { emails: "1" } })],
      last: "budget_exceeded",
    },
    {
      comment: "calls are counted without being told",
      flags: ["Budget"],
      gate: { budgets: [{ id: "calls", limit: "2 calls" }] },
      runs: alice,
      steps: [pay("0"), pay("0"), pay("0")],
      last: "budget_exceeded",
    },
    {
      comment: "all budgets or none: what one refuses is not held in the other",
      flags: ["Budget"],
      gate: {
        budgets: [
          { id: "all", limit: "$1.00" },
          { id: "pay", limit: "$0.50", match: { name: "pay" } },
        ],
      },
      runs: alice,
      steps: [pay("600000000"), pay("1000000000", "r", { name: "other" })],
      last: "valid",
    },
    {
      comment: "both budgets that do not fit are named",
      flags: ["Budget"],
      gate: {
        budgets: [
          { id: "all", limit: "$1.00" },
          { id: "pay", limit: "$0.50", match: { name: "pay" } },
        ],
      },
      runs: alice,
      steps: [pay("1100000000")],
      last: "budget_exceeded",
    },
  ];
}

function endings(): readonly Scenario[] {
  const end = (comment: string, last: string, ...steps: readonly ScenarioStep[]): Scenario => ({
    comment,
    flags: ["Settle"],
    gate: { budgets: [dollar], reservationTtlMs: 60_000 },
    runs: alice,
    steps,
    last,
  });
  const settle = (usd?: string): ScenarioStep =>
    usd === undefined ? { do: "settle", attempt: 0 } : { do: "settle", attempt: 0, amounts: { usd } };
  const all = pay("1000000000");
  return [
    end("settling frees what was not used", "valid", all, settle("300000000"), pay("700000000")),
    end("settling frees no more than that", "budget_exceeded", all, settle("300000000"), pay("700000001")),
    end("what nobody knows is booked as held", "budget_exceeded", all, settle(), pay("1")),
    end("a release gives it back", "valid", all, { do: "release", attempt: 0 }, all),
    end(
      "an overage is booked and counts",
      "budget_exceeded",
      pay("500000000"),
      settle("900000000"),
      pay("100000001"),
    ),
    end(
      "what an overage leaves can be used",
      "valid",
      pay("500000000"),
      settle("900000000"),
      pay("100000000"),
    ),
    end(
      "an overage may exceed the limit",
      "budget_exceeded",
      pay("500000000"),
      settle("2000000000"),
      pay("0"),
    ),
    end("what nobody ends expires", "valid", all, { do: "wait", ms: 60_000 }, all),
    end("it does not expire before its time", "budget_exceeded", all, { do: "wait", ms: 59_999 }, pay("1")),
    end(
      "a late settlement is booked all the same",
      "budget_exceeded",
      all,
      { do: "wait", ms: 60_000 },
      pay("200000000"),
      settle("900000000"),
      pay("0"),
    ),
    end(
      "a late settlement that still fits is no overage",
      "valid",
      all,
      { do: "wait", ms: 60_000 },
      pay("200000000"),
      settle("700000000"),
      pay("100000000"),
    ),
    end(
      "a late settlement that does not fit beside what was spent is overage",
      "budget_exceeded",
      all,
      { do: "wait", ms: 60_000 },
      pay("500000000"),
      { do: "settle", attempt: 2, amounts: { usd: "400000000" } },
      settle("700000000"),
      pay("0"),
    ),
  ];
}
