import {
  Agent,
  type AgentOptions,
  type AgentOutputType,
  type Model,
  OpenAIChatCompletionsModel,
  OpenAIProvider,
  OpenAIResponsesModel,
  Runner,
  RunState,
  setTracingDisabled,
  tool,
  webSearchTool,
} from "@openai/agents";
import type { AdapterDriver, Bench, Operation } from "@tollgate/conformance/adapter-driver";
import { benchModels as models } from "@tollgate/conformance/adapter-driver";
import OpenAI from "openai";
import * as z from "zod";
import { gateModel, gateModelProvider, gateTools } from "../src/index.ts";
import { freshCallIds } from "./fresh-call-ids.ts";

// Traces would be sent to OpenAI.
setTracingDisabled(true);

/** The two APIs of OpenAI that the SDK speaks. */
export const apis = ["Responses", "Chat Completions"] as const;
export type Api = (typeof apis)[number];

/** The real OpenAI client at a bench's provider, with its own retries as they are by default. */
export const clientAt = ({ provider }: Pick<Bench, "provider">): OpenAI =>
  new OpenAI({ baseURL: provider.url, apiKey: "none", fetch: freshCallIds() });

/** The SDK's own model of an API, without a gate. */
export const openaiModel = (api: Api, client: OpenAI, name: string): Model =>
  api === "Responses" ? new OpenAIResponsesModel(client, name) : new OpenAIChatCompletionsModel(client, name);

/** The SDK's own provider of an API's models, without a gate. */
export const openaiProvider = (api: Api, client: OpenAI): OpenAIProvider =>
  new OpenAIProvider({ openAIClient: client, useResponses: api === "Responses" });

type Options = Partial<AgentOptions<unknown, AgentOutputType>>;

const prompt = "How is the weather?";
const many = { maxTurns: 30 };

const lookupTool = (bench: Bench) =>
  tool({
    name: "lookup",
    description: "Looks something up.",
    parameters: z.object({ query: z.string() }),
    execute: ({ query }) => bench.lookup(query),
  });

const everywhere = (perform: Operation) => ({ coverage: "enforces" as const, perform });

const none = (what: string) => ({
  coverage: "not covered" as const,
  why: `the Agents SDK has no ${what}`,
  close: "decide the call with guard, where you make it",
});

/** The Agents SDK's real functions behind the gate, surface by surface, over one of OpenAI's APIs. */
export function agentsDriver(api: Api): AdapterDriver {
  const chat = (bench: Bench) => {
    const client = clientAt(bench);
    const find = (name: string) => openaiModel(api, client, name);
    return gateModel(find(models.chat), bench.run, { name: models.chat, models: find });
  };
  const agentOf = (bench: Bench, options: Options = {}) =>
    new Agent({ name: "assistant", model: chat(bench), ...options });
  const runner = new Runner();
  const ask = (bench: Bench, options?: Options) => runner.run(agentOf(bench, options), prompt, many);
  const stream = (bench: Bench, options?: Options, signal?: AbortSignal) =>
    runner.run(agentOf(bench, options), prompt, {
      ...many,
      stream: true,
      ...(signal === undefined ? {} : { signal }),
    });
  const streamed = async (bench: Bench, options?: Options) => {
    const result = await stream(bench, options);
    for await (const _event of result);
    await result.completed;
  };

  return {
    name: `@tollgate/openai-agents over ${api}`,
    surfaces: {
      generate: everywhere(ask),
      stream: everywhere(streamed),
      streamHalfRead: everywhere(async (bench) => {
        for await (const _text of (await stream(bench)).toTextStream()) break;
      }),
      streamUnread: everywhere(async (bench) => {
        await stream(bench);
        await bench.begun();
      }),
      streamAborted: everywhere(async (bench) => {
        const abort = new AbortController();
        const result = await stream(bench, {}, abort.signal);
        for await (const _text of result.toTextStream()) abort.abort();
        await result.completed;
      }),
      timeout: everywhere((bench) => ask(bench, { modelSettings: { timeoutMs: bench.timeoutMs } })),
      retry: everywhere((bench) =>
        ask(bench, {
          modelSettings: {
            retry: { maxRetries: 2, policy: () => ({ retry: true, delayMs: 1, approveUnsafeReplay: true }) },
          },
        }),
      ),
      object: everywhere((bench) => ask(bench, { outputType: z.object({ city: z.string() }) })),
      streamedObject: everywhere((bench) => streamed(bench, { outputType: z.object({ city: z.string() }) })),
      namedModel: everywhere((bench) => {
        const modelProvider = gateModelProvider(openaiProvider(api, clientAt(bench)), bench.run);
        return new Runner({ modelProvider }).run(agentOf(bench, { model: models.chat }), prompt);
      }),
      embed: none("embeddings"),
      embedMany: none("embeddings"),
      image: none("image models; image generation is a hosted tool"),
      speech: none("speech models outside of realtime sessions"),
      transcription: none("transcription models outside of realtime sessions"),
      rerank: none("reranking"),
      video: none("video models"),
      agent: everywhere((bench) => ask(bench, { tools: gateTools([lookupTool(bench)], bench.run) })),
      streamedAgent: everywhere((bench) =>
        streamed(bench, { tools: gateTools([lookupTool(bench)], bench.run) }),
      ),
      nestedAgent: everywhere((bench) => {
        // The gate alone: the run comes from the tool that this agent is used as.
        const modelProvider = gateModelProvider(openaiProvider(api, clientAt(bench)), bench.gate);
        const inner = new Agent({ name: "inner", model: models.chat });
        const lookup = inner.asTool({
          toolName: "lookup",
          toolDescription: "Looks something up.",
          parameters: z.object({ query: z.string() }),
          runConfig: { modelProvider },
        });
        return ask(bench, { tools: gateTools([lookup], bench.run) });
      }),
      streamingTool: none("tools that stream their result"),
      approval: everywhere(async (bench) => {
        const agent = agentOf(bench, { tools: gateTools([lookupTool(bench)], bench.run) });
        const { state, interruptions } = await runner.run(agent, prompt);
        for (const interruption of interruptions) state.approve(interruption);
        const approved = state.toString();
        await bench.grant();
        await runner.run(agent, state);
        await runner.run(agent, await RunState.fromString(agent, approved));
      }),
      providerTool:
        api === "Responses"
          ? everywhere((bench) => ask(bench, { tools: [webSearchTool()] }))
          : {
              coverage: "not covered",
              why: "Chat Completions has no hosted tools: the SDK refuses to send them",
              close: "use the Responses API, where they are decided",
            },
      batch: none("batches"),
      realtime: {
        coverage: "not covered",
        why: "a realtime session talks to its provider past every model",
        close: "gate its tools with gateTools, and decide the session's token with gateBudget",
      },
    },
  };
}
