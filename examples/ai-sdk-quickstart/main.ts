// A finance bot with a daily budget for each user. It runs offline: the provider is a mock on a local port.
import { strict as assert } from "node:assert";
import { createOpenAI } from "@ai-sdk/openai";
import { gateModel, gateTools } from "@tollgate/ai-sdk";
import { startMockProvider } from "@tollgate/conformance/mock-provider";
import { ActionDenied, createGate } from "@tollgate/core";
import { generateText, isStepCount, tool } from "ai";
import * as z from "zod";

const provider = await startMockProvider(({ index }) =>
  index % 2 === 0
    ? { toolCalls: [{ name: "invoices", arguments: { month: "May" } }] }
    : { text: "Two are open." },
);
const openai = createOpenAI({ baseURL: provider.url, apiKey: "not needed here" });
const prompt = "Which invoices are open?";
const stopWhen = isStepCount(5);
const invoices = tool({
  description: "The open invoices of a month.",
  inputSchema: z.object({ month: z.string() }),
  execute: ({ month }) => [`${month} 3: $120`, `${month} 17: $80`],
});

// #region quickstart
const gate = createGate({ budgets: [{ id: "daily", limit: "$0.10", per: "day", by: ["user"] }] });
const run = gate.run({ tenant: "acme", user: "alice", agent: "finance-bot" });
const model = gateModel(openai("gpt-4o"), run);
const tools = gateTools({ invoices }, run);
const { text } = await generateText({ model, tools, stopWhen, prompt });
// #endregion

console.log(text);
assert.equal(text, "Two are open.");

// Again and again, until the budget says no: before a request, not after it.
try {
  for (;;) await generateText({ model, tools, stopWhen, prompt });
} catch (error) {
  assert.ok(error instanceof ActionDenied);
  console.log(error.message.replace(/ until .*?Z/, ""));
}
const [daily] = await gate.balances();
assert.ok(daily !== undefined && daily.spent <= 100_000_000n && daily.held === 0n);

await gate.close();
await provider.stop();
