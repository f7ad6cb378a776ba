// What one does with a gated AI SDK besides calling it. It runs offline: the provider is a mock on a local port.
import { strict as assert } from "node:assert";
import { createOpenAI } from "@ai-sdk/openai";
import { gateModel, gateProvider, gateToolApproval, gateTools, toErrorMessage } from "@tollgate/ai-sdk";
import { startMockProvider } from "@tollgate/conformance/mock-provider";
import { createGate, findDenial, type RefusedError } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { embed, generateText, isStepCount, type ModelMessage, streamText, tool } from "ai";
import * as z from "zod";

const provider = await startMockProvider();
const openai = createOpenAI({ baseURL: provider.url, apiKey: "not needed here" });
const prompt = "How was the quarter?";
const stopWhen = isStepCount(5);

/** The model calls a tool first, and answers then. */
const calling = (name: string, input: Record<string, unknown>) =>
  provider.play(({ index }) =>
    index === 0 ? { toolCalls: [{ name, arguments: input }] } : { text: "Done." },
  );

async function refusalsInStreams(): Promise<void> {
  const gate = createGate({ budgets: [{ id: "turns", limit: "1 calls", match: { kind: "llm" } }] });
  const run = gate.run({ user: "alice" });
  const model = gateModel(openai("gpt-4o"), run);
  const look = tool({ inputSchema: z.object({}), execute: () => "well" });
  const tools = gateTools({ look }, run);
  calling("look", {});

  // #region streams
  let refused: RefusedError | null = null;
  const result = streamText({
    model,
    tools,
    stopWhen,
    prompt,
    onError({ error }) {
      refused = findDenial(error);
    },
  });
  const ui = result.toUIMessageStream({ onError: toErrorMessage });
  // #endregion

  const texts: string[] = [];
  for await (const part of ui) if (part.type === "error") texts.push(part.errorText);
  assert.match(texts.join(), /budget "turns" has 0 calls left/);
  assert.equal((refused as RefusedError | null)?.refusal.reasonCode, "budget_exceeded");
  assert.equal(provider.count(), 1);
}

async function whoIsAsking(): Promise<void> {
  const gate = createGate({ budgets: [{ id: "mine", limit: "$1.00", by: ["user"] }] });
  provider.play(() => ({}));

  // #region subject
  const model = gateModel(openai("gpt-4o"), gate);
  // For one call:
  await generateText({ model, prompt, providerOptions: { tollgate: { user: "bob" } } });
  // For everything inside, tools and their own models too:
  const run = gate.run({ tenant: "acme", user: "carol" });
  await gate.withRun(run, () => generateText({ model, prompt }));
  // #endregion

  assert.deepEqual(
    (await gate.balances()).map(({ partition }) => partition),
    ["user=bob", "user=carol"],
  );
}

async function cheaperWhenItGetsTight(): Promise<void> {
  provider.play(() => ({}));

  // #region degrade
  const gate = createGate({
    budgets: [
      { id: "comfort", limit: "$0.05", per: "day", then: "degrade", degrade: { model: "gpt-4o-mini" } },
      { id: "hard", limit: "$5.00", per: "day" },
    ],
  });
  const model = gateModel(openai("gpt-4o"), gate, { models: (id) => openai(id) });
  // #endregion

  await Promise.all([generateText({ model, prompt }), generateText({ model, prompt })]);
  assert.deepEqual(provider.requests.map((request) => request.model).sort(), ["gpt-4o", "gpt-4o-mini"]);
}

async function approvals(): Promise<void> {
  const approveMail = evaluator("mail", ({ kind }) =>
    kind === "tool"
      ? { decision: "require_approval", reason: "mail leaves the house" }
      : { decision: "allow" },
  );
  const gate = createGate({ evaluators: [approveMail] });
  const run = gate.run({ user: "alice" });
  const sent: string[] = [];
  const send = tool({
    inputSchema: z.object({ to: z.string() }),
    execute: ({ to }) => {
      sent.push(to);
      return "sent";
    },
  });
  calling("send", { to: "bob" });

  // #region approval
  const model = gateModel(openai("gpt-4o"), run);
  const tools = gateTools({ send }, run);
  const toolApproval = gateToolApproval(tools);
  const messages: ModelMessage[] = [{ role: "user", content: "Write to Bob." }];
  const first = await generateText({ model, tools, toolApproval, stopWhen, messages });
  // first.content holds the AI SDK's approval request; the gate has its own, which is the one that counts:
  for (const { id } of await gate.approvals.list({ run: run.id })) {
    await gate.approvals.grant(id, { by: "carol" });
  }
  // #endregion

  const content = first.content.flatMap((part) =>
    part.type === "tool-approval-request"
      ? [{ type: "tool-approval-response" as const, approvalId: part.approvalId, approved: true }]
      : [],
  );
  const answered: ModelMessage[] = [...messages, ...first.response.messages, { role: "tool", content }];
  await generateText({ model, tools, toolApproval, stopWhen, messages: answered });
  await generateText({ model, tools, toolApproval, stopWhen, messages: answered });
  assert.deepEqual(sent, ["bob"]);
}

async function whatToolsCost(): Promise<void> {
  const gate = createGate({ budgets: [{ id: "mails", limit: "20 emails", per: "day" }] });
  const run = gate.run({ user: "alice" });
  const send = tool({ inputSchema: z.object({ to: z.array(z.string()) }), execute: ({ to }) => to.length });
  calling("send", { to: ["bob", "carol"] });

  // #region tools
  const tools = gateTools({ send }, run, {
    actions: {
      send: ({ to }) => ({ capability: "data_write", amounts: { emails: BigInt(to.length) } }),
    },
  });
  // #endregion

  await generateText({ model: gateModel(openai("gpt-4o"), run), tools, stopWhen, prompt });
  assert.equal((await gate.balances())[0]?.spent, 2n);
}

async function wholeProviders(): Promise<void> {
  const gate = createGate({ budgets: [{ id: "daily", limit: "$1.00", per: "day" }] });
  const run = gate.run({ user: "alice" });
  provider.play(() => ({}));

  // #region provider
  const gated = gateProvider(openai, run);
  globalThis.AI_SDK_DEFAULT_PROVIDER = gated;
  await generateText({ model: "gpt-4o", prompt });
  await embed({ model: gated.embedding("text-embedding-3-small"), value: prompt });
  // #endregion

  globalThis.AI_SDK_DEFAULT_PROVIDER = undefined;
  assert.ok(((await gate.balances())[0]?.spent ?? 0n) > 0n);
  assert.throws(() => gated.experimental_batch(), /cannot gate/);
}

await refusalsInStreams();
await whoIsAsking();
await cheaperWhenItGetsTight();
await approvals();
await whatToolsCost();
await wholeProviders();
await provider.stop();
console.log("All recipes hold.");
