import { setTimeout as sleep } from "node:timers/promises";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import type { AdapterDriver, Bench, Operation } from "@tollgate/conformance/adapter-driver";
import { benchModels as models } from "@tollgate/conformance/adapter-driver";
import * as z from "zod";
import { gateModel } from "../src/index.ts";

const prompt = "How is the weather?";
const schema = z.object({ city: z.string() });

/** The real OpenAI client of LangChain at a bench's provider, without retries of its own. */
const openai = ({ provider }: Pick<Bench, "provider">, model: string = models.chat, timeout?: number) =>
  new ChatOpenAI({
    model,
    apiKey: "none",
    maxRetries: 0,
    configuration: { baseURL: provider.url },
    ...(timeout === undefined ? {} : { timeout }),
  });

const chat = (bench: Bench, timeout?: number) =>
  gateModel(openai(bench, models.chat, timeout), bench.run, { models: (id) => openai(bench, id) });

async function until(holds: () => boolean, patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!holds() && Date.now() < deadline) await sleep(2);
}

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
      await until(() => bench.provider.count() > 0, 500);
    }),
    streamAborted: everywhere(async (bench) => {
      const abort = new AbortController();
      const stream = await chat(bench).stream(prompt, { signal: abort.signal });
      for await (const _chunk of stream) abort.abort();
    }),
    timeout: everywhere((bench) => chat(bench, 800).invoke(prompt)),
    retry: everywhere((bench) => chat(bench).withRetry({ stopAfterAttempt: 2 }).invoke(prompt)),
    object: everywhere((bench) => chat(bench).withStructuredOutput(schema).invoke(prompt)),
    streamedObject: everywhere(async (bench) => {
      for await (const _part of await chat(bench).withStructuredOutput(schema).stream(prompt));
    }),
    namedModel: missing("x"),
    embed: missing("x"),
    embedMany: missing("x"),
    image: missing("images"),
    speech: missing("speech"),
    transcription: missing("transcriptions"),
    rerank: missing("paid reranking"),
    video: missing("videos"),
    agent: missing("x"),
    streamedAgent: missing("x"),
    nestedAgent: missing("x"),
    streamingTool: missing("x"),
    approval: missing("x"),
    providerTool: missing("x"),
    batch: everywhere((bench) => chat(bench).batch([prompt, prompt])),
    realtime: missing("realtime sessions"),
  },
};
export { OpenAIEmbeddings, tool };
