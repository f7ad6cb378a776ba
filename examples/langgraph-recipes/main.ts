// What one does with gated graphs. It runs offline: the provider is a mock on a local port.
import { strict as assert } from "node:assert";
import type { BaseMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import {
  Annotation,
  Command,
  END,
  entrypoint,
  interrupt,
  MemorySaver,
  MessagesAnnotation,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { toolsCondition } from "@langchain/langgraph/prebuilt";
import { ChatOpenAI } from "@langchain/openai";
import { startMockProvider } from "@tollgate/conformance/mock-provider";
import { type Action, createGate, findDenial, type Gate } from "@tollgate/core";
import { budgetRetryOn, gatedTask, gateNode, gateToolNode } from "@tollgate/langgraph";
import * as z from "zod";

const provider = await startMockProvider();
const input = { messages: [{ role: "user", content: "How was the quarter?" }] };
type Messages = typeof MessagesAnnotation;

// #region model
/** The client for what a permit lets through: its model, and its output limit. */
const modelFor = ({ name, maxOutputTokens = 4096 }: Action) =>
  new ChatOpenAI({
    model: name,
    maxTokens: maxOutputTokens,
    // Each retry of the client would be a call without a permit: let the node's retry policy do it.
    maxRetries: 0,
    apiKey: "not needed here",
    configuration: { baseURL: provider.url },
  });
// #endregion

const invoices = tool(() => "3 open, 12 paid", {
  name: "invoices",
  description: "Counts.",
  schema: z.object({}),
});
const tools = [invoices];

async function quickstart(): Promise<void> {
  provider.play(({ index }) =>
    index === 0 ? { toolCalls: [{ name: "invoices", arguments: {} }] } : { text: "Well." },
  );
  // #region quickstart
  const gate = createGate({ budgets: [{ id: "daily", limit: "$0.10", per: "day", by: ["user"] }] });
  const model = gateNode<Messages["State"], Messages["Update"]>(gate, {
    action: ({ messages }) => ({ kind: "llm", name: "gpt-4o", params: { messages } }),
    call: async ({ messages }, { action }, config) => ({
      messages: [await modelFor(action).bindTools(tools).invoke(messages, config)],
    }),
  });
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("model", model)
    .addNode("tools", gateToolNode(tools, gate))
    .addEdge(START, "model")
    .addConditionalEdges("model", toolsCondition, ["tools", END])
    .addEdge("tools", "model")
    .compile({ checkpointer: new MemorySaver() });
  const { messages } = await graph.invoke(input, {
    configurable: { thread_id: "1", tollgate: { user: "alice" } },
  });
  // #endregion
  assert.equal(messages.at(-1)?.text, "Well.");
  assert.equal(provider.count(), 2);
  assert.equal((await gate.balances())[0]?.partition, "user=alice");
}

/** A graph of one node that asks the model. */
function asking(gate: Gate) {
  const State = Annotation.Root({ answer: Annotation<BaseMessage>, note: Annotation<string> });
  const ask = gateNode<typeof State.State, typeof State.Update>(gate, {
    action: () => ({ kind: "llm", name: "gpt-4o", params: { prompt: "hi" } }),
    call: async (_state, { action }, config) => ({ answer: await modelFor(action).invoke("hi", config) }),
  });
  return new StateGraph(State).addNode("ask", ask).addEdge(START, "ask").compile();
}

async function perUser(): Promise<void> {
  provider.play(() => ({}));
  // #region server
  const gate = createGate({ budgets: [{ id: "mine", limit: "$0.05", per: "day", by: ["tenant", "user"] }] });
  const graph = asking(gate);
  /** What a server does with each request; the subject is what it has authenticated, never what it was sent. */
  async function handle(thread: string, subject: { tenant: string; user: string }) {
    try {
      const { answer } = await graph.invoke({}, { configurable: { thread_id: thread, tollgate: subject } });
      return { status: 200, text: answer.text };
    } catch (error) {
      const refused = findDenial(error);
      if (refused === null) throw error;
      return { status: refused.code === "gate_unavailable" ? 503 : 402, text: refused.refusal.reason };
    }
  }
  // #endregion
  const both = await Promise.all(
    [1, 2].map((thread) => handle(`${thread}`, { tenant: "acme", user: "alice" })),
  );
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [200, 402]);
  assert.equal((await handle("3", { tenant: "acme", user: "bob" })).status, 200);
  assert.equal(provider.count(), 2);
}

async function edges(): Promise<void> {
  provider.play(() => ({}));
  const gate = createGate({ budgets: [{ id: "none", limit: "0 calls" }] });
  const State = Annotation.Root({ answer: Annotation<BaseMessage>, note: Annotation<string> });
  // #region edges
  const ask = gateNode<typeof State.State, typeof State.Update>(gate, {
    action: () => ({ kind: "llm", name: "gpt-4o", params: { prompt: "hi" } }),
    call: async (_state, { action }, config) => ({ answer: await modelFor(action).invoke("hi", config) }),
    edges: {
      allow: "send",
      deny: "apologize",
      skip: (told) => ({ note: String(told.reason) }),
    },
  });
  const graph = new StateGraph(State)
    .addNode("ask", ask, { ends: ["send", "apologize"] })
    .addNode("send", () => ({ note: "sent" }))
    .addNode("apologize", () => ({ note: "sorry" }))
    .addEdge(START, "ask")
    .compile();
  // #endregion
  assert.equal((await graph.invoke({})).note, "sorry");
  assert.equal(provider.count(), 0);
}

async function cheaper(): Promise<void> {
  provider.play(() => ({}));
  // #region degrade
  const gate = createGate({
    budgets: [
      { id: "comfort", limit: "$0.05", per: "day", then: "degrade", degrade: { model: "gpt-4o-mini" } },
      { id: "hard", limit: "$5.00", per: "day" },
    ],
  });
  const ask = gatedTask(gate, {
    name: "ask",
    accepts: ["model", "maxOutputTokens"],
    action: (prompt: string) => ({ kind: "llm", name: "gpt-4o", params: { prompt } }),
    // action.name is the model as enforced, not the one that was asked for.
    call: ({ action }, prompt) => modelFor(action).invoke(prompt),
  });
  // #endregion
  await entrypoint("two", async (prompt: string) => {
    await Promise.all([ask(prompt), ask(prompt)]);
    return "done";
  }).invoke("hi");
  assert.deepEqual(provider.requests.map(({ model }) => model).toSorted(), ["gpt-4o", "gpt-4o-mini"]);
}

async function paidOnce(): Promise<void> {
  provider.play(() => ({ text: "A draft." }));
  const gate = createGate({ budgets: [{ id: "daily", limit: "$5.00", per: "day" }] });
  // #region task
  const draft = gatedTask(gate, {
    name: "draft",
    retry: { maxAttempts: 3 },
    action: (topic: string) => ({ kind: "llm", name: "gpt-4o", params: { topic } }),
    call: ({ action }, topic) => modelFor(action).invoke(`Write about ${topic}.`),
  });
  const workflow = entrypoint({ name: "essay", checkpointer: new MemorySaver() }, async (topic: string) => {
    const { text } = await draft(topic);
    // On resume all of this runs again from its top, and the draft comes from the checkpointer.
    const verdict: string = interrupt({ text });
    return `${text} ${verdict}`;
  });
  // #endregion
  const config = { configurable: { thread_id: "essay" } };
  await workflow.invoke("tolls", config);
  assert.equal(await workflow.invoke(new Command({ resume: "Good." }), config), "A draft. Good.");
  assert.equal(provider.count(), 1);
}

async function subAgents(): Promise<void> {
  provider.play(() => ({ text: "Fine." }));
  // #region subgraphs
  const gate = createGate({ budgets: [{ id: "task", limit: "2 calls", per: "run" }] });
  const researcher = asking(gate);
  const graph = new StateGraph(Annotation.Root({ answer: Annotation<BaseMessage>, note: Annotation<string> }))
    .addNode("research", researcher)
    .addNode("again", researcher)
    .addNode("once more", researcher)
    .addEdge(START, "research")
    .addEdge("research", "again")
    .addEdge("again", "once more")
    .compile();
  // #endregion
  const error: unknown = await graph
    .invoke({}, { configurable: { thread_id: "r" } })
    .catch((thrown) => thrown);
  assert.equal(findDenial(error)?.refusal.reasonCode, "budget_exceeded");
  assert.equal(provider.count(), 2);
}

async function retries(): Promise<void> {
  provider.play(({ index }) => (index === 0 ? { status: 503 } : {}));
  const gate = createGate({ budgets: [{ id: "daily", limit: "$5.00", per: "day" }] });
  const State = Annotation.Root({ answer: Annotation<BaseMessage> });
  const ask = gateNode<typeof State.State, typeof State.Update>(gate, {
    action: () => ({ kind: "llm", name: "gpt-4o", params: { prompt: "hi" } }),
    call: async (_state, { action }, config) => ({ answer: await modelFor(action).invoke("hi", config) }),
  });
  const quietly = { initialInterval: 1, jitter: false, logWarning: false };
  // #region retries
  const graph = new StateGraph(State)
    .addNode("ask", ask, { retryPolicy: { ...quietly, maxAttempts: 3, retryOn: budgetRetryOn() } })
    .addEdge(START, "ask")
    .compile();
  // #endregion
  await graph.invoke({});
  assert.equal(provider.count(), 2);
}

await quickstart();
await perUser();
await edges();
await cheaper();
await paidOnce();
await subAgents();
await retries();
await provider.stop();
console.log("All recipes hold.");
