import type { JsonObject } from "../../src/codec/json.ts";
import type { BudgetInput } from "../../src/ledger/budget.ts";
import type { Scenario, ScenarioGate, ScenarioStep } from "./scenario.ts";

/** One run of one user. */
export const alice: Scenario["runs"] = { r: { subject: { user: "alice" } } };

/** Two runs, of a user each. */
export const both: Scenario["runs"] = { a: { subject: { user: "alice" } }, b: { subject: { user: "bob" } } };

/** A dollar a day for each user. */
export const dollar: BudgetInput = { id: "daily", limit: "$1.00", per: "day", by: ["user"] };

/** A tool call that can come to so many dollars' worth of nano-dollars. */
export function pay(usd: string, run = "r", more: JsonObject = {}): ScenarioStep {
  return { do: "decide", run, action: { kind: "tool", name: "pay", amounts: { usd }, ...more } };
}

/** A model call with bounds on its tokens. */
export function ask(input: number, output: number, run = "r", more: JsonObject = {}): ScenarioStep {
  const bounds = { input_tokens: input, max_output_tokens: output };
  return {
    do: "decide",
    run,
    action: { kind: "llm", name: "big", params: { prompt: "hi" }, ...bounds, ...more },
  };
}

/** A tool call that costs nothing. */
export function tool(name: string, run = "r", more: JsonObject = {}): ScenarioStep {
  return {
    do: "decide",
    run,
    action: { kind: "tool", name, ...more },
  };
}

/** A model call that costs nothing. */
export function model(name: string, accepts: readonly ("model" | "maxOutputTokens")[] = []): ScenarioStep {
  return {
    do: "decide",
    run: "r",
    action: { kind: "llm", name, input_tokens: 10, max_output_tokens: 100 },
    accepts,
  };
}

/** Makes scenarios of one flag. */
export function about(
  flag: string,
): (comment: string, last: string, gate: ScenarioGate, ...steps: readonly ScenarioStep[]) => Scenario {
  return (
    comment: string,
    last: string,
    gate: ScenarioGate,
    ...steps: readonly ScenarioStep[]
  ): Scenario => ({
    comment,
    flags: [flag],
    gate,
    runs: alice,
    steps,
    last,
  });
}
