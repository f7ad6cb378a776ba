import type { BudgetInput } from "../../src/ledger/budget.ts";
import type { Scenario } from "./scenario.ts";
import { alice, pay } from "./scenario-steps.ts";

/** Scenarios about how long a limit holds. */
export const windowScenarios: readonly Scenario[] = [...windows()];

function windows(): readonly Scenario[] {
  const at = (
    comment: string,
    last: string,
    budget: Partial<BudgetInput>,
    start: string,
    ms: number,
  ): Scenario => ({
    comment,
    flags: ["Window"],
    gate: { budgets: [{ id: "w", limit: "1 calls", ...budget }] },
    start,
    runs: alice,
    steps: [pay("0"), { do: "settle", attempt: 0 }, { do: "wait", ms }, pay("0")],
    last,
  });
  const hour = 3_600_000;
  return [
    at("the same hour", "budget_exceeded", { per: "hour" }, "2026-03-02T09:00:00.000Z", hour - 1),
    at("the next hour", "valid", { per: "hour" }, "2026-03-02T09:00:00.000Z", hour),
    at("the same day", "budget_exceeded", { per: "day" }, "2026-03-02T00:00:00.000Z", 24 * hour - 1),
    at("the next day", "valid", { per: "day" }, "2026-03-02T23:59:59.999Z", 1),
    at(
      "a week ends on Sunday",
      "budget_exceeded",
      { per: "week" },
      "2026-03-02T00:00:00.000Z",
      7 * 24 * hour - 1,
    ),
    at("a week starts on Monday", "valid", { per: "week" }, "2026-03-08T23:59:59.999Z", 1),
    at("the same month", "budget_exceeded", { per: "month" }, "2028-02-01T00:00:00.000Z", 29 * 24 * hour - 1),
    at("the next month", "valid", { per: "month" }, "2028-02-29T23:59:59.999Z", 1),
    at(
      "without a window a limit is for ever",
      "budget_exceeded",
      {},
      "2026-03-02T00:00:00.000Z",
      1000 * 24 * hour,
    ),
    at(
      "a day of its own time zone",
      "valid",
      { per: "day", timeZone: "Europe/Berlin" },
      "2026-03-02T22:59:59.999Z",
      1,
    ),
    at(
      "midnight in UTC is no midnight there",
      "budget_exceeded",
      { per: "day", timeZone: "Europe/Berlin" },
      "2026-03-02T23:00:00.000Z",
      2 * hour,
    ),
    at(
      "the day on which the clock goes forward has 23 hours",
      "valid",
      { per: "day", timeZone: "Europe/Berlin" },
      "2026-03-28T23:00:00.000Z",
      23 * hour,
    ),
    at(
      "the day on which the clock goes back has 25 hours",
      "budget_exceeded",
      { per: "day", timeZone: "Europe/Berlin" },
      "2026-10-24T22:00:00.000Z",
      25 * hour - 1,
    ),
  ];
}
