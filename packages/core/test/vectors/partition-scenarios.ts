import type { BudgetInput } from "../../src/ledger/budget.ts";
import type { Scenario, ScenarioStep } from "./scenario.ts";
import { alice, both, dollar, pay } from "./scenario-steps.ts";

/** Scenarios about whose money it is. */
export const partitionScenarios: readonly Scenario[] = [...partitions()];

function partitions(): readonly Scenario[] {
  const gate = { budgets: [dollar] };
  const part = (
    comment: string,
    last: string,
    runs: Scenario["runs"],
    budgets: readonly BudgetInput[],
    ...steps: readonly ScenarioStep[]
  ): Scenario => ({
    comment,
    flags: ["Budget"],
    gate: { budgets },
    runs,
    steps,
    last,
  });
  const run = (
    comment: string,
    last: string,
    budgets: readonly BudgetInput[],
    runs: Scenario["runs"],
    ...steps: readonly ScenarioStep[]
  ): Scenario => ({
    ...part(comment, last, runs, budgets, ...steps),
    flags: ["Run"],
  });
  const all = "1000000000";
  const family = {
    p: { subject: { user: "alice" } },
    c: { subject: {}, parent: "p" },
    o: { subject: { user: "bob" }, parent: "p" },
  };
  const perRun: BudgetInput = { id: "run", limit: "$1.00", per: "run" };
  return [
    part("another user has a balance of her own", "valid", both, gate.budgets, pay(all, "a"), pay(all, "b")),
    part(
      "the same user in another run has not",
      "budget_exceeded",
      { a: { subject: { user: "alice" } }, b: { subject: { user: "alice" } } },
      gate.budgets,
      pay(all, "a"),
      pay("1", "b"),
    ),
    part(
      "a subject without the field is refused",
      "missing_field",
      { r: { subject: { tenant: "acme" } } },
      gate.budgets,
      pay("1"),
    ),
    part(
      "names are escaped in partitions",
      "valid",
      { r: { subject: { user: "a&b=c/\u00e9", tenant: "t" } } },
      [{ ...dollar, by: ["user", "tenant"] }],
      pay("1"),
    ),
    part(
      "a budget for another user does not count",
      "valid",
      both,
      [{ ...dollar, match: { user: "bob" } }],
      pay("5000000000", "a"),
    ),
    part(
      "a budget for this user does",
      "budget_exceeded",
      both,
      [{ ...dollar, match: { user: ["carol", "bob"] } }],
      pay("5000000000", "b"),
    ),
    part(
      "a budget for model calls does not count tools",
      "valid",
      alice,
      [{ ...dollar, match: { kind: "llm" } }],
      pay("5000000000"),
    ),
    part(
      "a budget for tools by the beginning of their name",
      "budget_exceeded",
      alice,
      [{ ...dollar, match: { kind: ["tool"], name: ["send_*", "pa*"] } }],
      pay("5000000000"),
    ),
    run(
      "a child run draws on its parent's budget",
      "budget_exceeded",
      gate.budgets,
      family,
      pay(all, "p"),
      pay("1", "c"),
    ),
    run(
      "a child that acts for somebody else draws on both",
      "valid",
      gate.budgets,
      family,
      pay("600000000", "o"),
      pay("400000000", "c"),
    ),
    run(
      "a child that acts for somebody else finds its parent's spent",
      "budget_exceeded",
      gate.budgets,
      family,
      pay(all, "p"),
      pay("1", "o"),
    ),
    run(
      "a budget for each run is the root's",
      "budget_exceeded",
      [perRun],
      family,
      pay(all, "c"),
      pay("1", "p"),
    ),
    run("another run has its own", "valid", [perRun], both, pay(all, "a"), pay(all, "b")),
  ];
}
