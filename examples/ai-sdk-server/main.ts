// A chat server with a budget for each user. It runs offline: the provider is a mock on a local port.
import { strict as assert } from "node:assert";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createOpenAI } from "@ai-sdk/openai";
import { gateModel, gateTools, toErrorMessage } from "@tollgate/ai-sdk";
import { startMockProvider } from "@tollgate/conformance/mock-provider";
import { createGate } from "@tollgate/core";
import { isStepCount, streamText, tool } from "ai";
import * as z from "zod";

// Two steps of an agent for each question, at about $0.04 a step.
const usage = { inputTokens: 100, outputTokens: 4000 };
const provider = await startMockProvider(({ index }) =>
  index % 2 === 0
    ? { usage, toolCalls: [{ name: "invoices", arguments: { month: "May" } }] }
    : { usage, text: "Two." },
);
const openai = createOpenAI({ baseURL: provider.url, apiKey: "not needed here" });
const invoices = tool({ inputSchema: z.object({ month: z.string() }), execute: () => [120, 80] });

/** Stands for your sign-in. */
const userOf = (request: IncomingMessage): string => String(request.headers["x-user"]);

// #region server
const gate = createGate({
  budgets: [
    { id: "user-day", limit: "$0.20", per: "day", by: ["user"] },
    { id: "all", limit: "$50.00", per: "month" },
  ],
  subject: { tenant: "acme", agent: "finance-bot" },
});
// Once, with the gate: the run of each call is the one of withRun.
const model = gateModel(openai("gpt-4o"), gate);
const tools = gateTools({ invoices }, gate);

const server = createServer((request, response) => {
  const run = gate.run({ user: userOf(request) });
  const abort = new AbortController();
  response.on("close", () => abort.abort());
  gate.withRun(run, () => {
    const result = streamText({
      model,
      tools,
      stopWhen: isStepCount(5),
      prompt: "Which invoices are open?",
      abortSignal: abort.signal,
      onError: () => undefined,
    });
    result.pipeUIMessageStreamToResponse(response, { onError: toErrorMessage });
  });
});
// #endregion

server.listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const { port } = server.address() as AddressInfo;
const ask = async (user: string): Promise<string> => {
  const response = await fetch(`http://127.0.0.1:${port}`, { method: "POST", headers: { "x-user": user } });
  return await response.text();
};

assert.match(await ask("alice"), /"delta":"Two."/);
assert.match(await ask("alice"), /"delta":"Two."/);
// Four calls at $0.04025 are spent; a fifth can come to $0.04 and does not fit.
assert.match(await ask("alice"), /budget \\"user-day\\" \(user=alice\) has \$0\.0\d+ left of \$0\.20/);
assert.match(await ask("bob"), /"delta":"Two."/);
assert.deepEqual(
  (await gate.balances({ budget: "user-day" })).map(({ partition, spent, held }) => [partition, spent, held]),
  [
    ["user=alice", 161_000_000n, 0n],
    ["user=bob", 80_500_000n, 0n],
  ],
);

server.close();
await gate.close();
await provider.stop();
