// Mastra agents behind a gate. It runs offline: the provider is a mock on a local port.
import { strict as assert } from "node:assert";
import { createOpenAI } from "@ai-sdk/openai";
import { Mastra } from "@mastra/core";
import { Agent } from "@mastra/core/agent";
import { RequestContext } from "@mastra/core/request-context";
import { InMemoryStore } from "@mastra/core/storage";
import { createTool } from "@mastra/core/tools";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { startMockProvider } from "@tollgate/conformance/mock-provider";
import { createGate, findDenial } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import {
  answerApproval,
  gateAgent,
  gateGateway,
  gateModel,
  gateProcessor,
  gateTool,
  gateToolHooks,
} from "@tollgate/mastra";
import * as z from "zod";

const provider = await startMockProvider();
const openai = createOpenAI({ baseURL: provider.url, apiKey: "not needed here" });
const prompt = "How was the quarter?";

/** The model calls a tool first, and answers then. */
const calling = (name: string, args: Record<string, unknown>) =>
  provider.play(({ index }) =>
    index === 0 ? { toolCalls: [{ name, arguments: args }] } : { text: "Well." },
  );

const invoices = createTool({
  id: "invoices",
  description: "Lists the open invoices.",
  inputSchema: z.object({}),
  execute: async () => "three are open",
});

/** A tool that keeps to whom it has sent mail. */
const mailer = () => {
  const sent: string[] = [];
  const send = createTool({
    id: "send",
    description: "Sends mail.",
    inputSchema: z.object({ to: z.string() }),
    outputSchema: z.object({ count: z.number() }),
    execute: async ({ to }) => ({ count: sent.push(to) }),
  });
  return { sent, send };
};

const bot = { id: "finance-bot", name: "Finance bot", instructions: "Be brief." };

async function quickstart(): Promise<void> {
  calling("invoices", {});

  // #region quickstart
  const gate = createGate({ budgets: [{ id: "daily", limit: "$0.10", per: "day", by: ["user"] }] });
  const run = gate.run({ tenant: "acme", user: "alice", agent: "finance-bot" });
  const config = { id: "finance-bot", name: "Finance bot", instructions: "Be brief.", tools: { invoices } };
  const agent = gateAgent({ ...config, model: openai("gpt-4o") }, run);
  const { text } = await agent.generate(prompt);
  // #endregion

  assert.equal(text, "Well.");
  assert.equal(provider.count(), 2);
  assert.ok(((await gate.balances())[0]?.spent ?? 0n) > 0n);
}

async function refusals(): Promise<void> {
  calling("invoices", {});
  const gate = createGate({ budgets: [{ id: "turns", limit: "1 calls", match: { kind: "llm" } }] });
  const run = gate.run({ user: "alice" });
  const agent = gateAgent({ ...bot, tools: { invoices }, model: openai("gpt-4o") }, run);
  new Mastra({ agents: { agent }, logger: false });
  const reasons: string[] = [];

  // #region refusals
  try {
    await agent.generate(prompt);
  } catch (error) {
    const refusal = findDenial(error);
    if (refusal === null) throw error;
    reasons.push(refusal.message);
  }
  // In a stream it is the error of the output; its text rejects, too.
  const output = await agent.stream(prompt);
  await output.consumeStream();
  const refusal = findDenial(output);
  // #endregion

  assert.match(reasons.join(), /budget "turns" has 0 calls left/);
  assert.equal(refusal?.refusal.reasonCode, "budget_exceeded");
  await assert.rejects(output.text);
  assert.equal(provider.count(), 1);
}

async function perUser(): Promise<void> {
  provider.play(() => ({}));

  // #region per-user
  const gate = createGate({ budgets: [{ id: "each", limit: "$1.00", per: "day", by: ["user"] }] });
  // Made once, with the gate alone: each call is a run of its own.
  const agent = gateAgent({ ...bot, model: openai("gpt-4o") }, gate);
  // For each request; the subject is what the server has authenticated, never what it was sent:
  const answer = (user: string) => {
    const requestContext = new RequestContext();
    requestContext.set("tollgate", { tenant: "acme", user });
    return agent.generate(prompt, { requestContext });
  };
  // #endregion

  await Promise.all([answer("alice"), answer("bob")]);
  const partitions = (await gate.balances()).map(({ partition }) => partition);
  assert.deepEqual(partitions.sort(), ["user=alice", "user=bob"]);
}

async function approvals(): Promise<void> {
  calling("send", { to: "bob" });
  const approveMail = evaluator("mail", ({ kind }) =>
    kind === "tool"
      ? { decision: "require_approval", reason: "mail leaves the house" }
      : { decision: "allow" },
  );
  const gate = createGate({ evaluators: [approveMail] });
  const run = gate.run({ user: "alice" });
  const { sent, send } = mailer();
  const reasons: string[] = [];

  // #region approval
  const agent = gateAgent({ ...bot, tools: { send }, model: openai("gpt-4o") }, run);
  new Mastra({ agents: { agent }, storage: new InMemoryStore(), logger: false });
  const { finishReason, suspendPayload, runId } = await agent.generate("Write to Bob.");
  if (finishReason === "suspended") {
    // Show it to somebody. With their answer, maybe much later, and in another process of the same storage:
    reasons.push(suspendPayload.suspendPayload.reason);
    const answer = answerApproval(suspendPayload, { approved: true, by: "carol" });
    await agent.resumeGenerate(answer, { runId: String(runId) });
  }
  // #endregion

  assert.deepEqual(reasons, ["mail leaves the house"]);
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
  const agent = gateAgent({ ...bot, model: openai("gpt-4o") }, gate, { models: (id) => openai(id) });
  // #endregion

  await Promise.all([agent.generate(prompt), agent.generate(prompt)]);
  assert.deepEqual(provider.requests.map(({ model }) => model).sort(), ["gpt-4o", "gpt-4o-mini"]);
}

async function subAgents(): Promise<void> {
  calling("agent-researcher", { prompt: "What is open?" });
  const gate = createGate({ budgets: [{ id: "run", limit: "3 calls", per: "run", match: { kind: "llm" } }] });
  const run = gate.run({ user: "alice", agent: "boss" });

  // #region sub-agents
  // With the gate alone: it works for the run of whoever calls it.
  const researcher = gateAgent(
    {
      id: "researcher",
      name: "Researcher",
      description: "Looks into it.",
      instructions: "Look.",
      model: openai("gpt-4o"),
    },
    gate,
  );
  const boss = gateAgent({ ...bot, agents: { researcher }, model: openai("gpt-4o") }, run);
  await boss.generate(prompt);
  // #endregion

  assert.equal(provider.count(), 3);
  assert.equal((await gate.balances())[0]?.spent, 3n);
}

async function whatToolsCost(): Promise<void> {
  calling("send", { to: "bob" });
  const gate = createGate({ budgets: [{ id: "mails", limit: "20 emails", per: "day" }] });
  const run = gate.run({ user: "alice" });
  const { sent, send } = mailer();

  // #region tools
  const actions = { send: { amounts: { emails: 1n }, capability: "data_write" as const } };
  const agent = gateAgent({ ...bot, tools: { send }, model: openai("gpt-4o") }, run, { actions });
  await agent.generate("Write to Bob.");
  // Made into a step of a workflow, a tool runs without an agent:
  const step = createStep(gateTool(send, run, { actions }));
  // #endregion

  const inputSchema = z.object({ to: z.string() });
  const workflow = createWorkflow({ id: "mail", inputSchema, outputSchema: z.object({ count: z.number() }) })
    .then(step)
    .commit();
  const { status } = await (await workflow.createRun()).start({ inputData: { to: "dave" } });
  assert.equal(status, "success");
  assert.deepEqual(sent, ["bob", "dave"]);
  assert.equal((await gate.balances())[0]?.spent, 2n);
}

async function part(): Promise<void> {
  calling("send", { to: "bob" });
  const gate = createGate({ budgets: [{ id: "daily", limit: "$5.00", per: "day" }] });
  const run = gate.run({ user: "alice" });
  const { sent, send } = mailer();
  process.env.OPENAI_API_KEY = "not needed here";
  process.env.OPENAI_BASE_URL = provider.url;

  // #region parts
  // One model, wherever Mastra takes one:
  const model = gateModel(openai("gpt-4o"), run);
  // Every model that is given by name:
  const gateways = { tollgate: gateGateway(run) };
  // Every model of an agent that is made elsewhere, and its tools:
  const processor = gateProcessor(run);
  const agent = new Agent({
    ...bot,
    model: "openai/gpt-4o",
    tools: { send },
    hooks: gateToolHooks(run),
    inputProcessors: [processor],
    errorProcessors: [processor],
  });
  // #endregion

  new Mastra({ agents: { agent }, gateways, logger: false });
  await agent.generate("Write to Bob.");
  const other = new Agent({ ...bot, id: "other", model });
  new Mastra({ agents: { other }, logger: false });
  await other.generate(prompt);
  assert.deepEqual(sent, ["bob"]);
  assert.equal(provider.count(), 3);
  const decided = [];
  for await (const { body } of gate.receipts()) if (body.type === "decision") decided.push(body.action.kind);
  assert.deepEqual(decided, ["llm", "tool", "llm", "llm"]);

  // #region tripwire
  await run.stop("enough");
  const refusal = findDenial(await agent.generate(prompt));
  // #endregion

  assert.equal(refusal?.terminal, true);
  assert.equal(provider.count(), 3);
}

async function workflows(): Promise<void> {
  const gate = createGate({ budgets: [{ id: "calls", limit: "2 calls", per: "run" }] });
  const run = gate.run({ user: "alice" });
  provider.play(() => ({}));

  // #region workflow
  const agent = gateAgent({ ...bot, model: openai("gpt-4o") }, gate);
  const workflow = createWorkflow({
    id: "report",
    inputSchema: z.object({ prompt: z.string() }),
    outputSchema: z.object({ text: z.string() }),
  })
    .then(createStep(agent))
    .commit();
  // All of its steps draw on one run:
  const started = await workflow.createRun();
  const result = await gate.withRun(run, () => started.start({ inputData: { prompt } }));
  // #endregion

  assert.equal(result.status, "success");
  assert.equal((await gate.balances())[0]?.spent, 1n);
}

await quickstart();
await refusals();
await perUser();
await approvals();
await cheaperWhenItGetsTight();
await subAgents();
await whatToolsCost();
await part();
await workflows();
await provider.stop();
console.log("All recipes hold.");
