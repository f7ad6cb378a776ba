import { type AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import {
  Annotation,
  Command,
  END,
  entrypoint,
  MemorySaver,
  MessagesAnnotation,
  type RetryPolicy,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import type { AdapterDriver, Bench, Operation } from "@tollgate/conformance/adapter-driver";
import { benchModels as models } from "@tollgate/conformance/adapter-driver";
import type { ActionKind, Gate, Permit, Run } from "@tollgate/core";
import * as z from "zod";
import { answerApproval, budgetRetryOn, gatedTask, gateNode, gateToolNode } from "../src/index.ts";

const prompt = "How is the weather?";
const many = { recursionLimit: 60 };
const accepts = ["model", "maxOutputTokens"] as const;
const schema = z.object({ city: z.string() });

/** The real OpenAI client of LangChain for what a permit lets through, without retries of its own. */
const openaiFor = ({ provider }: Bench, { action }: Permit) =>
  new ChatOpenAI({
    model: action.name,
    ...(action.maxOutputTokens === undefined ? {} : { maxTokens: action.maxOutputTokens }),
    maxRetries: 0,
    apiKey: "none",
    configuration: { baseURL: provider.url },
  });

type Messages = typeof MessagesAnnotation.State;
type Ask = (model: ChatOpenAI, messages: BaseMessage[], signal?: AbortSignal) => Promise<BaseMessage>;

const invoke: Ask = (model, messages, signal) => model.invoke(messages, signal ? { signal } : {});

/** A node that asks the model once. */
const asker = (bench: Bench, ask: Ask = invoke, gateOrRun: Gate | Run = bench.run) =>
  gateNode<Messages, typeof MessagesAnnotation.Update>(gateOrRun, {
    accepts,
    action: ({ messages }) => ({
      kind: "llm",
      name: models.chat,
      provider: "openai",
      params: { messages: messages.map((message) => message.toDict()) },
    }),
    call: async ({ messages }, permit, { signal }) => ({
      messages: [await ask(openaiFor(bench, permit), messages, signal)],
    }),
  });

/** A graph of one node that asks the model once. */
const graphOf = (bench: Bench, ask?: Ask, options: { retryPolicy?: RetryPolicy; timeout?: number } = {}) =>
  new StateGraph(MessagesAnnotation)
    .addNode("ask", asker(bench, ask), options)
    .addEdge(START, "ask")
    .addEdge("ask", END)
    .compile();

const asked = () => ({ messages: [new HumanMessage({ id: "question", content: prompt })] });

const lookupTool = (lookup: (query: string) => Promise<string>) =>
  tool(({ query }: { query: string }) => lookup(query), {
    name: "lookup",
    description: "Looks something up.",
    schema: z.object({ query: z.string() }),
  });

/** An agent: a node that asks the model, and one that runs its tools, until it answers. */
const agentOf = (
  bench: Bench,
  lookup: Parameters<typeof gateToolNode>[0][number],
  checkpointer?: MemorySaver,
) =>
  new StateGraph(MessagesAnnotation)
    .addNode(
      "model",
      asker(bench, async (model, messages, signal) =>
        model.bindTools([lookup]).invoke(messages, signal ? { signal } : {}),
      ),
    )
    .addNode("tools", gateToolNode([lookup], bench.run))
    .addEdge(START, "model")
    .addConditionalEdges("model", ({ messages }) =>
      (messages.at(-1) as AIMessage).tool_calls?.length ? "tools" : END,
    )
    .addEdge("tools", "model")
    .compile(checkpointer === undefined ? {} : { checkpointer });

/** One request to a provider's API in a node of its own: LangGraph has no models, so this is what one writes. */
const request =
  (kind: ActionKind, name: string, path: string, body: object = {}): Operation =>
  (bench) => {
    const State = Annotation.Root({ result: Annotation<Record<string, unknown>> });
    const node = gateNode<typeof State.State, typeof State.Update>(bench.run, {
      action: () => ({ kind, name, params: body }),
      call: async () => ({ result: await post(bench, name, path, body) }),
      usage: (update) => {
        const { usage } = (update as { result: { usage?: { prompt_tokens?: number } } }).result;
        return usage?.prompt_tokens === undefined
          ? undefined
          : { usage: { inputTokens: usage.prompt_tokens } };
      },
    });
    return new StateGraph(State).addNode("call", node).addEdge(START, "call").compile().invoke({});
  };

async function post(
  { provider }: Bench,
  model: string,
  path: string,
  body: object,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${provider.url}${path}`, {
    method: "POST",
    body: JSON.stringify({ model, ...body }),
  });
  if (!response.ok) throw Object.assign(new Error(`error ${response.status}`), { status: response.status });
  const text = await response.text();
  return text.startsWith("{") ? JSON.parse(text) : {};
}

const embedMany: Operation = (bench) => {
  const embed = gatedTask(bench.run, {
    name: "embed",
    action: (input: string) => ({ kind: "embedding", name: models.embedding, params: { input } }),
    call: (_permit, input) => post(bench, models.embedding, "/embeddings", { input }),
    usage: (result) => {
      const { prompt_tokens } = (result as { usage: { prompt_tokens: number } }).usage;
      return { usage: { inputTokens: prompt_tokens } };
    },
  });
  return entrypoint("embedMany", async (inputs: string[]) => {
    const results = await Promise.allSettled(inputs.map((input) => embed(input)));
    for (const result of results) if (result.status === "rejected") throw result.reason;
    return results.length;
  }).invoke([..."abcdef"]);
};

const approval: Operation = async (bench) => {
  const checkpointer = new MemorySaver();
  const config = { configurable: { thread_id: "approval" }, ...many };
  const graph = agentOf(
    bench,
    lookupTool((query) => bench.lookup(query)),
    checkpointer,
  );
  await graph.invoke(asked(), config);
  const { tasks } = await graph.getState(config);
  const [interrupted] = tasks.flatMap(({ interrupts }) => interrupts);
  if (interrupted === undefined) throw new Error("nobody was asked");
  const answer = answerApproval(interrupted, { approved: true, by: "bob" });
  const resume = () => graph.invoke(new Command({ resume: answer }), config);
  await Promise.allSettled([resume(), resume()]);
  await resume();
};

async function readAll(stream: Promise<AsyncIterable<unknown>>): Promise<void> {
  for await (const _part of await stream);
}

const messagesOf = (bench: Bench, more: { signal?: AbortSignal } = {}) =>
  graphOf(bench).stream(asked(), { streamMode: "messages", ...more });

const everywhere = (perform: Operation) => ({ coverage: "enforces" as const, perform });

/** LangGraph's real graphs behind the gate, surface by surface. */
export const langgraphDriver: AdapterDriver = {
  name: "@tollgate/langgraph",
  surfaces: {
    generate: everywhere((bench) => graphOf(bench).invoke(asked())),
    stream: everywhere((bench) => readAll(messagesOf(bench))),
    streamHalfRead: everywhere(async (bench) => {
      for await (const _part of await messagesOf(bench)) break;
    }),
    streamUnread: everywhere(async (bench) => {
      await messagesOf(bench);
      await bench.begun();
    }),
    streamAborted: everywhere(async (bench) => {
      const abort = new AbortController();
      for await (const _part of await messagesOf(bench, { signal: abort.signal })) abort.abort();
    }),
    timeout: everywhere((bench) => graphOf(bench, invoke, { timeout: bench.timeoutMs }).invoke(asked())),
    retry: everywhere((bench) =>
      graphOf(bench, invoke, {
        retryPolicy: { initialInterval: 1, jitter: false, logWarning: false, retryOn: budgetRetryOn() },
      }).invoke(asked()),
    ),
    object: everywhere((bench) =>
      graphOf(
        bench,
        async (model, messages) =>
          (await model.withStructuredOutput(schema, { includeRaw: true }).invoke(messages)).raw,
      ).invoke(asked()),
    ),
    streamedObject: everywhere((bench) =>
      readAll(
        graphOf(
          bench,
          async (model, messages) =>
            (await model.withStructuredOutput(schema, { includeRaw: true }).invoke(messages)).raw,
        ).stream(asked(), { streamMode: "messages" }),
      ),
    ),
    namedModel: {
      coverage: "not covered",
      why: "a prebuilt agent that is given a model's name makes and calls the model itself",
      close: "give it a model that is gated on its own, or make the call in a gateNode",
    },
    embed: everywhere(request("embedding", models.embedding, "/embeddings", { input: "a" })),
    embedMany: everywhere(embedMany),
    image: everywhere(request("image", models.image, "/images/generations")),
    speech: everywhere(request("speech", models.speech, "/audio/speech")),
    transcription: everywhere(request("transcription", models.transcription, "/audio/transcriptions")),
    rerank: everywhere(request("rerank", models.rerank, "/rerank")),
    video: everywhere(request("video", models.video, "/videos")),
    agent: everywhere((bench) =>
      agentOf(
        bench,
        lookupTool((query) => bench.lookup(query)),
      ).invoke(asked(), many),
    ),
    streamedAgent: everywhere((bench) =>
      readAll(
        agentOf(
          bench,
          lookupTool((query) => bench.lookup(query)),
        ).stream(asked(), { ...many, streamMode: "messages" }),
      ),
    ),
    nestedAgent: everywhere((bench) => {
      // The gate alone: the run comes from the tool that this graph is invoked in.
      const inner = new StateGraph(MessagesAnnotation)
        .addNode("ask", asker(bench, invoke, bench.gate))
        .addEdge(START, "ask")
        .compile();
      const asks = lookupTool(async (query) => {
        const { messages } = await inner.invoke({ messages: [new HumanMessage(query)] });
        return messages.at(-1)?.text ?? "";
      });
      return agentOf(bench, asks).invoke(asked(), many);
    }),
    streamingTool: everywhere((bench) => {
      const streaming = tool(
        async function* ({ query }: { query: string }) {
          yield "looking";
          return await bench.lookup(query);
        },
        { name: "lookup", description: "Looks something up.", schema: z.object({ query: z.string() }) },
      );
      return readAll(agentOf(bench, streaming).stream(asked(), { ...many, streamMode: "tools" }));
    }),
    approval: everywhere(approval),
    providerTool: {
      coverage: "not covered",
      why: "tools that the provider runs go out with the model's call, of which a node only sees the answer",
      close: "decide each with gateBudget before it is bound to the model",
    },
    batch: everywhere((bench) => graphOf(bench).batch([asked(), asked()])),
    realtime: {
      coverage: "not covered",
      why: "LangGraph has no realtime sessions",
      close: "decide the session's token with gateBudget, in a gateNode",
    },
  },
};
