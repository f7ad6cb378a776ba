// The five lines of the README. They run offline: the provider is a mock on a local port.
import { strict as assert } from "node:assert";
import { createOpenAI } from "@ai-sdk/openai";
import { startMockProvider } from "@tollgate/conformance/mock-provider";
import { generateText, tool } from "ai";
import * as z from "zod";

const provider = await startMockProvider(() => ({ text: "All is well." }));
const openai = createOpenAI({ baseURL: provider.url, apiKey: "not needed here" });
const tools = { invoices: tool({ inputSchema: z.object({ month: z.string() }), execute: () => [] }) };
const prompt = "How was the quarter?";

// #region five-lines
import { gateModel, gateTools } from "@tollgate/ai-sdk";
import { createGate } from "@tollgate/core";

const gate = createGate({ budgets: [{ id: "daily", limit: "$5.00", per: "day", by: ["user"] }] });
const run = gate.run({ tenant: "acme", user: "alice", agent: "finance-bot" });
await generateText({ model: gateModel(openai("gpt-4o"), run), tools: gateTools(tools, run), prompt });
// #endregion

const [daily] = await gate.balances();
// 100 tokens at $2.50 and 20 at $10.00 per million.
assert.deepEqual([daily?.partition, daily?.spent, daily?.held], ["user=alice", 450_000n, 0n]);
assert.equal(provider.count(), 1);
await provider.stop();
