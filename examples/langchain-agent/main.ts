// LangChain agents behind a gate. It runs offline: the provider is a mock on a local port.
import { strict as assert } from "node:assert";
import { Command, MemorySaver } from "@langchain/langgraph";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { startMockProvider } from "@tollgate/conformance/mock-provider";
import { createGate, findDenial } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { gateCallback, gateEmbeddings, gateModel, gateTool, stopOnRefusal } from "@tollgate/langchain";
import { answerApproval, gateMiddleware, gateOutermost } from "@tollgate/langchain/middleware";
import { createAgent, createMiddleware, tool } from "langchain";
import * as z from "zod";

const provider = await startMockProvider();
const configuration = { baseURL: provider.url };
const apiKey = "not needed here";
const messages = [{ role: "user", content: "How was the quarter?" }];

/** A model of the mock provider, as one would make it of the real one. */
const openai = (model: string) => new ChatOpenAI({ model, apiKey, configuration, maxRetries: 0 });

/** The model calls a tool first, and answers then. */
const calling = (name: string, args: Record<string, unknown>) =>
  provider.play(({ index }) =>
    index === 0 ? { toolCalls: [{ name, arguments: args }] } : { text: "Well." },
  );

const invoices = tool(() => "three are open", {
  name: "invoices",
  description: "Lists the open invoices.",
  schema: z.object({}),
});

async function quickstart(): Promise<void> {
  calling("invoices", {});

  // #region quickstart
  const gate = createGate({ budgets: [{ id: "daily", limit: "$0.10", per: "day", by: ["user"] }] });
  const run = gate.run({ tenant: "acme", user: "alice", agent: "finance-bot" });
  const model = openai("gpt-4o");
  const agent = createAgent({ model, tools: [invoices], middleware: [gateMiddleware(run)] });
  const answer = await agent.invoke({ messages });
  // #endregion

  assert.equal(answer.messages.at(-1)?.text, "Well.");
  assert.equal(provider.count(), 2);
  assert.ok(((await gate.balances())[0]?.spent ?? 0n) > 0n);
}

async function refusals(): Promise<void> {
  const gate = createGate({ budgets: [{ id: "turns", limit: "1 calls", match: { kind: "llm" } }] });
  const run = gate.run({ user: "alice" });
  const agent = createAgent({
    model: openai("gpt-4o"),
    tools: [invoices],
    middleware: [gateMiddleware(run)],
  });
  calling("invoices", {});
  const reasons: string[] = [];

  // #region refusals
  try {
    await agent.invoke({ messages });
  } catch (error) {
    const refusal = findDenial(error);
    if (refusal === null) throw error;
    reasons.push(refusal.message);
  }
  // #endregion

  assert.match(reasons.join(), /budget "turns" has 0 calls left/);
  assert.equal(provider.count(), 1);
}

async function models(): Promise<void> {
  const gate = createGate({ budgets: [{ id: "daily", limit: "$1.00", per: "day" }] });
  const run = gate.run({ user: "alice" });
  provider.play(() => ({ text: '{"city":"Oslo"}' }));

  // #region models
  const model = gateModel(openai("gpt-4o"), run);
  await model.invoke("Where is it sunny?");
  for await (const chunk of await model.stream("Where is it sunny?")) if (chunk.text !== "") break;
  const { city } = await model.withStructuredOutput(z.object({ city: z.string() })).invoke("Where?");
  // #endregion

  assert.equal(city, "Oslo");
  assert.equal(provider.count(), 3);

  // #region callback
  const watched = new ChatOpenAI({
    model: "gpt-4o",
    maxTokens: 1000,
    maxRetries: 0,
    callbacks: [gateCallback(run)],
    apiKey,
    configuration,
  });
  const patient = watched.withRetry({ stopAfterAttempt: 3, onFailedAttempt: stopOnRefusal });
  await patient.invoke("Where is it sunny?");
  // #endregion

  assert.equal(provider.count(), 4);

  // #region embeddings
  const embeddings = gateEmbeddings(new OpenAIEmbeddings({ apiKey, configuration, maxRetries: 0 }), run);
  await embeddings.embedDocuments(["one", "two"]);
  // #endregion

  assert.equal(provider.count(), 5);
}

async function perUser(): Promise<void> {
  provider.play(() => ({}));

  // #region per-user
  const gate = createGate({ budgets: [{ id: "each", limit: "$1.00", per: "day", by: ["user"] }] });
  // Made once, with the gate alone:
  const agent = createAgent({ model: openai("gpt-4o"), middleware: [gateMiddleware(gate)] });
  // For each request:
  const answer = (user: string) => {
    const run = gate.run({ tenant: "acme", user });
    return gate.withRun(run, () => agent.invoke({ messages }));
  };
  // #endregion

  await Promise.all([answer("alice"), answer("bob")]);
  assert.deepEqual((await gate.balances()).map(({ partition }) => partition).sort(), [
    "user=alice",
    "user=bob",
  ]);
}

async function approvals(): Promise<void> {
  const approveMail = evaluator("mail", ({ kind }) =>
    kind === "tool"
      ? { decision: "require_approval", reason: "mail leaves the house" }
      : { decision: "allow" },
  );
  const gate = createGate({ evaluators: [approveMail] });
  const run = gate.run({ user: "alice" });
  const model = openai("gpt-4o");
  const sent: string[] = [];
  const send = tool(({ to }) => sent.push(to), {
    name: "send",
    description: "Sends mail.",
    schema: z.object({ to: z.string() }),
  });
  calling("send", { to: "bob" });

  // #region approval
  const checkpointer = new MemorySaver();
  const agent = createAgent({ model, tools: [send], middleware: [gateMiddleware(run)], checkpointer });
  const config = { configurable: { thread_id: "42" } };
  const paused = await agent.invoke({ messages }, config);
  // Show the value of each interrupt to somebody. With their answer, maybe much later:
  for (const interrupt of paused.__interrupt__ ?? []) {
    const resume = answerApproval(interrupt, { approved: true, by: "carol" });
    await agent.invoke(new Command({ resume }), config);
  }
  // #endregion

  assert.deepEqual(sent, ["bob"]);
  assert.equal(provider.count(), 2);
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
  const middleware = [gateMiddleware(gate, { models: (id) => openai(id) })];
  const agent = createAgent({ model: openai("gpt-4o"), middleware });
  // #endregion

  await Promise.all([agent.invoke({ messages }), agent.invoke({ messages })]);
  assert.deepEqual(provider.requests.map((request) => request.model).sort(), ["gpt-4o", "gpt-4o-mini"]);
}

async function subAgents(): Promise<void> {
  const gate = createGate({ budgets: [{ id: "run", limit: "3 calls", per: "run", match: { kind: "llm" } }] });
  const run = gate.run({ user: "alice", agent: "boss" });
  calling("research", { topic: "invoices" });

  // #region sub-agents
  // With the gate alone: it works for the run of whoever calls it.
  const researcher = createAgent({ model: openai("gpt-4o"), middleware: [gateMiddleware(gate)] });
  const research = tool(
    async ({ topic }) => {
      const { messages } = await researcher.invoke({ messages: [{ role: "user", content: topic }] });
      return messages.at(-1)?.text ?? "";
    },
    { name: "research", description: "Looks into it.", schema: z.object({ topic: z.string() }) },
  );
  const boss = createAgent({ model: openai("gpt-4o"), tools: [research], middleware: [gateMiddleware(run)] });
  await boss.invoke({ messages });
  // #endregion

  assert.equal(provider.count(), 3);
  assert.equal((await gate.balances())[0]?.spent, 3n);
}

async function whatToolsCost(): Promise<void> {
  const gate = createGate({ budgets: [{ id: "mails", limit: "20 emails", per: "day" }] });
  const run = gate.run({ user: "alice" });
  const send = tool(({ to }) => to.length, {
    name: "send",
    description: "Sends mail.",
    schema: z.object({ to: z.array(z.string()) }),
  });
  calling("send", { to: ["bob", "carol"] });

  // #region tools
  const many = z.object({ to: z.array(z.string()) });
  const emails = (args: unknown) => ({
    amounts: { emails: BigInt(many.parse(args).to.length) },
    capability: "data_write" as const,
  });
  const middleware = [gateMiddleware(run, { actions: { send: emails } })];
  // Outside of an agent:
  const gated = gateTool(send, run, { action: emails });
  // #endregion

  await createAgent({ model: openai("gpt-4o"), tools: [send], middleware }).invoke({ messages });
  await gated.invoke({ to: ["dave"] });
  assert.equal((await gate.balances())[0]?.spent, 3n);
}

async function order(): Promise<void> {
  const run = createGate().run({ user: "alice" });
  const logging = createMiddleware({ name: "logging" });

  // #region order
  const middleware = gateOutermost([gateMiddleware(run), logging]);
  // #endregion

  assert.equal(middleware.length, 2);
  assert.throws(() => gateOutermost([logging, gateMiddleware(run)]), /must come first/);
}

await quickstart();
await refusals();
await models();
await perUser();
await approvals();
await cheaperWhenItGetsTight();
await subAgents();
await whatToolsCost();
await order();
await provider.stop();
console.log("All recipes hold.");
