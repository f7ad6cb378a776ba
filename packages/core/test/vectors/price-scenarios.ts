import type { JsonObject } from "../../src/codec/json.ts";
import type { Scenario, ScenarioStep } from "./scenario.ts";
import { alice, ask } from "./scenario-steps.ts";

const prices = {
  models: { big: { input: "$3.00", output: "$15.00", cacheRead: "$0.30" }, call: { perCall: "$0.18" } },
  tools: { "search_*": "$0.01" },
};

/** Scenarios about what calls cost. */
export const priceScenarios: readonly Scenario[] = [...priced()];

function priced(): readonly Scenario[] {
  const cost = (
    comment: string,
    last: string,
    limit: string,
    ...steps: readonly ScenarioStep[]
  ): Scenario => ({
    comment,
    flags: ["Price"],
    gate: { budgets: [{ id: "usd", limit }], prices },
    runs: alice,
    steps,
    last,
  });
  const used = (usage: JsonObject): ScenarioStep => ({ do: "settle", attempt: 0, usage });
  return [
    cost("a model call is held at its bounds", "valid", "$0.0105", ask(1000, 500)),
    cost("a token more does not fit", "budget_exceeded", "$0.0105", ask(1000, 501)),
    cost("a part of a nano-dollar is rounded up", "valid", "$0.000003", ask(1, 0)),
    cost(
      "what is booked follows the usage",
      "valid",
      "$0.0105",
      ask(1000, 500),
      used({ input_tokens: 900, output_tokens: 100 }),
      ask(1000, 220),
    ),
    cost(
      "cached input has its own price",
      "valid",
      "$0.0105",
      ask(1000, 500),
      used({ input_tokens: 1000, output_tokens: 100, cache_read_tokens: 800 }),
      ask(1000, 344),
    ),
    cost(
      "usage of zeros is unknown, and never free",
      "budget_exceeded",
      "$0.0105",
      ask(1000, 500),
      used({ input_tokens: 0, output_tokens: 0 }),
      ask(1, 0),
    ),
    cost(
      "usage beyond the bounds is an overage",
      "budget_exceeded",
      "$0.02",
      ask(1000, 500),
      used({ input_tokens: 5000, output_tokens: 500 }),
      ask(1, 0),
    ),
    cost("a model that nobody has a price for", "unpriced", "$100.00", ask(1, 1, "r", { name: "unknown" })),
    cost("a price for each call", "valid", "$0.18", ask(5, 5, "r", { name: "call" })),
    cost(
      "a tool's price, by the beginning of its name",
      "budget_exceeded",
      "$0.01",
      { do: "decide", run: "r", action: { kind: "tool", name: "search_web" } },
      { do: "decide", run: "r", action: { kind: "tool", name: "search_web" } },
    ),
    cost(
      "amounts that the caller gives win over prices",
      "valid",
      "$0.01",
      ask(1000, 500, "r", { amounts: { usd: "1" } }),
    ),
    {
      comment: "tokens of input and output count together",
      flags: ["Price"],
      gate: { budgets: [{ id: "tokens", limit: "2k tokens" }] },
      runs: alice,
      steps: [ask(1000, 500), ask(1, 500)],
      last: "budget_exceeded",
    },
    {
      comment: "without an output limit the gate's is taken",
      flags: ["Price"],
      gate: { budgets: [{ id: "tokens", limit: "200 output_tokens" }], maxOutputTokens: 100 },
      runs: alice,
      steps: [
        { do: "decide", run: "r", action: { kind: "llm", name: "big", input_tokens: 1 } },
        { do: "decide", run: "r", action: { kind: "llm", name: "big", input_tokens: 1 } },
      ],
      last: "valid",
    },
    {
      comment: "without any limit a budget on tokens cannot be kept",
      flags: ["Price"],
      gate: { budgets: [{ id: "tokens", limit: "1M tokens" }], maxOutputTokens: "unbounded" },
      runs: alice,
      steps: [{ do: "decide", run: "r", action: { kind: "llm", name: "big", input_tokens: 1 } }],
      last: "unpriced",
    },
    {
      comment: "without a count, two bytes of parameters are a token, and a medium is 3,000",
      flags: ["Price"],
      gate: { budgets: [{ id: "tokens", limit: "3010 input_tokens" }] },
      runs: alice,
      steps: [
        {
          do: "decide",
          run: "r",
          action: { kind: "embedding", name: "small", params: { input: "\u20ac\u20ac" }, media_parts: 1 },
        },
      ],
      last: "valid",
    },
  ];
}
