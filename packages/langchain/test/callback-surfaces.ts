import { ChatOpenAI } from "@langchain/openai";
import { type Bench, benchModels, type Operation, type Surface } from "@tollgate/conformance/adapter-driver";
import * as z from "zod";
import { gateCallback } from "../src/index.ts";

const prompt = "How is the weather?";
const schema = z.object({ city: z.string() });

/** The real OpenAI client of LangChain at a bench's provider, gated by nothing but a callback. */
const chat = ({ provider, run }: Bench, timeout?: number) =>
  new ChatOpenAI({
    model: benchModels.chat,
    apiKey: "none",
    maxRetries: 0,
    configuration: { baseURL: provider.url },
    callbacks: [gateCallback(run)],
    ...(timeout === undefined ? {} : { timeout }),
  });

/** The surfaces that a callback sees the start and the end of. */
export const callbackSurfaces: { readonly [Name in Surface]?: Operation } = {
  generate: (bench) => chat(bench).invoke(prompt),
  stream: async (bench) => {
    for await (const _chunk of await chat(bench).stream(prompt));
  },
  streamAborted: async (bench) => {
    const abort = new AbortController();
    const stream = await chat(bench).stream(prompt, { signal: abort.signal });
    for await (const _chunk of stream) abort.abort();
  },
  timeout: (bench) => chat(bench, bench.timeoutMs).invoke(prompt),
  retry: (bench) => chat(bench).withRetry({ stopAfterAttempt: 2 }).invoke(prompt),
  object: (bench) => chat(bench).withStructuredOutput(schema).invoke(prompt),
  streamedObject: async (bench) => {
    for await (const _part of await chat(bench).withStructuredOutput(schema).stream(prompt));
  },
  batch: (bench) => chat(bench).batch([prompt, prompt]),
};
