import { tool } from "@langchain/core/tools";
import { Command, type Interrupt, MemorySaver } from "@langchain/langgraph";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import type { AdapterDriver, Bench, Operation } from "@tollgate/conformance/adapter-driver";
import { benchModels as models } from "@tollgate/conformance/adapter-driver";
import { createAgent, initChatModel } from "langchain";
import * as z from "zod";
import { gateEmbeddings, gateModel } from "../src/index.ts";
import { answerApproval, gateMiddleware } from "../src/middleware.ts";

const prompt = "How is the weather?";
const asked = { messages: [{ role: "user", content: prompt }] };
const schema = z.object({ city: z.string() });
const many = { recursionLimit: 100 };

/** The real OpenAI client of LangChain at a bench's provider, without retries of its own. */
const openai = ({ provider }: Pick<Bench, "provider">, model: string = models.chat, timeout?: number) =>
  new ChatOpenAI({
    model,
    apiKey: "none",
    maxRetries: 0,
    configuration: { baseURL: provider.url },
    ...(timeout === undefined ? {} : { timeout }),
  });

const resolver = (bench: Bench) => ({ models: (id: string) => openai(bench, id) });

const chat = (bench: Bench, timeout?: number) =>
  gateModel(openai(bench, models.chat, timeout), bench.run, resolver(bench));

const embeddings = ({ provider, run }: Bench, batchSize = 512) =>
  gateEmbeddings(
    new OpenAIEmbeddings({
      model: models.embedding,
      apiKey: "none",
      maxRetries: 0,
      maxConcurrency: 10,
      batchSize,
      configuration: { baseURL: provider.url },
    }),
    run,
  );

const lookupTool = (bench: Bench, look = (query: string) => bench.lookup(query)) =>
  tool(({ query }) => look(query), {
    name: "lookup",
    description: "Looks something up.",
    schema: z.object({ query: z.string() }),
  });

const agentOf = (bench: Bench, tools = [lookupTool(bench)]) =>
  createAgent({
    model: openai(bench),
    tools,
    middleware: [gateMiddleware(bench.run, resolver(bench))],
  });

/** Pauses for the approval, is resumed with it, and resumed again with the same. */
const approval: Operation = async (bench) => {
  const agent = createAgent({
    model: openai(bench),
    tools: [lookupTool(bench)],
    middleware: [gateMiddleware(bench.run)],
    checkpointer: new MemorySaver(),
  });
  const config = { configurable: { thread_id: "one" } };
  const paused = await agent.invoke(asked, config);
  const interrupts = (paused as { __interrupt__?: Interrupt[] }).__interrupt__ ?? [];
  const resume = Object.assign(
    {},
    ...interrupts.map((one) => answerApproval(one, { approved: true, by: "bob" })),
  );
  await agent.invoke(new Command({ resume }), config);
  await agent.invoke(new Command({ resume }), config);
};

const everywhere = (perform: Operation) => ({ coverage: "enforces" as const, perform });
const missing = (what: string) => ({
  coverage: "not covered" as const,
  why: `LangChain has no interface for ${what}`,
  close: "put guard of @tollgate/core around whatever does it",
});

/** LangChain's real models and agents behind the gate, surface by surface. */
export const langchainDriver: AdapterDriver = {
  name: "@tollgate/langchain",
  surfaces: {
    generate: everywhere((bench) => chat(bench).invoke(prompt)),
    stream: everywhere(async (bench) => {
      for await (const _chunk of await chat(bench).stream(prompt));
    }),
    streamHalfRead: everywhere(async (bench) => {
      for await (const _chunk of await chat(bench).stream(prompt)) break;
    }),
    streamUnread: everywhere(async (bench) => {
      await chat(bench).stream(prompt);
      await bench.begun();
    }),
    streamAborted: everywhere(async (bench) => {
      const abort = new AbortController();
      const stream = await chat(bench).stream(prompt, { signal: abort.signal });
      for await (const _chunk of stream) abort.abort();
    }),
    timeout: everywhere((bench) => chat(bench, bench.timeoutMs).invoke(prompt)),
    retry: everywhere((bench) => chat(bench).withRetry({ stopAfterAttempt: 2 }).invoke(prompt)),
    object: everywhere((bench) => chat(bench).withStructuredOutput(schema).invoke(prompt)),
    streamedObject: everywhere(async (bench) => {
      for await (const _part of await chat(bench).withStructuredOutput(schema).stream(prompt));
    }),
    namedModel: everywhere(async (bench) => {
      const model = await initChatModel(models.chat, {
        modelProvider: "openai",
        apiKey: "none",
        maxRetries: 0,
        configuration: { baseURL: bench.provider.url },
      });
      return createAgent({ model, middleware: [gateMiddleware(bench.run, resolver(bench))] }).invoke(asked);
    }),
    embed: everywhere((bench) => embeddings(bench).embedQuery("a")),
    embedMany: everywhere((bench) => embeddings(bench, 1).embedDocuments([..."abcdef"])),
    image: missing("images"),
    speech: missing("speech"),
    transcription: missing("transcriptions"),
    rerank: missing("paid reranking"),
    video: missing("videos"),
    agent: everywhere((bench) => agentOf(bench).invoke(asked, many)),
    streamedAgent: everywhere(async (bench) => {
      const stream = await agentOf(bench).stream(asked, { ...many, streamMode: "messages" });
      for await (const _part of stream);
    }),
    nestedAgent: everywhere((bench) => {
      // The gate alone: the run comes from the tool that this call is made in.
      const inner = gateModel(openai(bench), bench.gate);
      const ask = lookupTool(bench, async (query) => (await inner.invoke(query)).text);
      return agentOf(bench, [ask]).invoke(asked, many);
    }),
    streamingTool: everywhere((bench) => {
      const streaming = tool(
        async function* ({ query }) {
          yield "looking";
          return await bench.lookup(query);
        },
        { name: "lookup", description: "Looks something up.", schema: z.object({ query: z.string() }) },
      );
      return agentOf(bench, [streaming as ReturnType<typeof lookupTool>]).invoke(asked, many);
    }),
    approval: everywhere(approval),
    providerTool: {
      coverage: "not covered",
      why: "a tool that the provider runs goes out as a part of its model call, priced by nobody",
      close: "do not bind it, or give the gate a price per call of a model that has it",
    },
    batch: everywhere((bench) => chat(bench).batch([prompt, prompt])),
    realtime: missing("realtime sessions"),
  },
};
