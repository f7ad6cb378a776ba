import { createOpenAI } from "@ai-sdk/openai";
import { Mastra } from "@mastra/core";
import type { Agent, ToolsInput } from "@mastra/core/agent";
import { type GatewayLanguageModel, MastraModelGateway, type ProviderConfig } from "@mastra/core/llm";
import { InMemoryStore } from "@mastra/core/storage";
import { createTool } from "@mastra/core/tools";
import {
  type AdapterDriver,
  type Bench,
  benchModels,
  type Coverage,
  type Operation,
} from "@tollgate/conformance/adapter-driver";
import * as z from "zod";
import {
  type AnyLanguageModel,
  answerApproval,
  type GateAgentConfig,
  type GateAgentOptions,
  gateAgent,
} from "../src/index.ts";

/** Which of OpenAI's APIs the client speaks. */
export type Api = "chat" | "responses";

/** The models of the real OpenAI client at a bench's provider. */
export function modelsAt({ provider }: Pick<Bench, "provider">, api: Api): (id: string) => AnyLanguageModel {
  return createOpenAI({ baseURL: provider.url, apiKey: "none" })[api];
}

/** A gateway of Mastra's for models by name, at a provider of one's own. */
export class LocalGateway extends MastraModelGateway {
  readonly id = "local";
  readonly name = "local";
  readonly #model: (modelId: string) => AnyLanguageModel;

  constructor(model: (modelId: string) => AnyLanguageModel) {
    super();
    this.#model = model;
  }

  override handlesModel(): boolean {
    return true;
  }
  async fetchProviders(): Promise<Record<string, ProviderConfig>> {
    return {};
  }
  buildUrl(): undefined {
    return undefined;
  }
  async getApiKey(): Promise<string> {
    return "none";
  }
  resolveLanguageModel({ modelId }: { readonly modelId: string }): GatewayLanguageModel {
    return this.#model(modelId) as GatewayLanguageModel;
  }
}

/** What a test's agent has besides the usual. */
export type Config = Partial<GateAgentConfig<string, ToolsInput, undefined, unknown>>;

/** A gated agent on a Mastra of its own. */
function agentAt(bench: Bench, api: Api, config: Config = {}, options: GateAgentOptions = {}): Agent {
  const models = modelsAt(bench, api);
  const agent: Agent = gateAgent(
    { id: "tester", name: "tester", instructions: "Answer.", model: models(benchModels.chat), ...config },
    bench.run,
    { models, ...options },
  );
  onMastra(agent, models);
  return agent;
}

/** Registers an agent with a Mastra that is quiet about what is refused. */
export function onMastra(
  agent: Agent,
  models: (id: string) => AnyLanguageModel,
  storage: InMemoryStore = new InMemoryStore(),
): void {
  new Mastra({ agents: { agent }, storage, gateways: { local: new LocalGateway(models) }, logger: false });
}

const prompt = "How is the weather?";
const many = { maxSteps: 30 };
const structuredOutput = { schema: z.object({ city: z.string() }) };

/** A tool that looks something up, and writes to its caller's stream meanwhile if it is to. */
export function lookupTool(lookup: (query: string) => Promise<string>, writes = false): ToolsInput[string] {
  return createTool({
    id: "lookup",
    description: "Looks something up.",
    inputSchema: z.object({ query: z.string() }),
    execute: async ({ query }, { writer }) => {
      if (writes) await writer?.write({ type: "looking", query });
      return { found: await lookup(query) };
    },
  });
}

/** Reads a stream to its end and rejects with its error, which is where Mastra tells it. */
async function streamed(opening: ReturnType<Agent["stream"]>): Promise<void> {
  const output = await opening;
  for await (const _chunk of output.fullStream);
  if (output.error !== undefined) throw output.error;
}

const approval =
  (api: Api): Operation =>
  async (bench) => {
    const agent = agentAt(bench, api, { tools: { lookup: lookupTool(bench.lookup) } });
    const { runId, suspendPayload } = await agent.generate(prompt, many);
    const answer = answerApproval(suspendPayload, { approved: true, by: "carol" });
    const resume = () => agent.resumeGenerate(answer, { ...many, runId: String(runId) });
    const resumed = await Promise.allSettled([resume(), resume()]);
    if (resumed.every(({ status }) => status === "rejected")) throw new Error("nobody could resume it");
  };

const everywhere = (perform: Operation): Coverage => ({ coverage: "enforces", perform });
const elsewhere = (why: string, close: string): Coverage => ({ coverage: "not covered", why, close });
const embeds = elsewhere(
  "memory embeds by a model that it is given, which no agent calls",
  "decide the call with guard, in an embedder of your own",
);
const byCode = (what: string): Coverage =>
  elsewhere(`no agent of Mastra ${what}`, "decide the call with guard, where you make it");

/** Mastra's real agents behind the gate, surface by surface. */
export const mastraDriver = (api: Api): AdapterDriver => {
  const agent = (bench: Bench, config?: Config) => agentAt(bench, api, config);
  const generate: Operation = (bench) => agent(bench).generate(prompt);
  const withTool = (bench: Bench, writes = false) =>
    agent(bench, { tools: { lookup: lookupTool(bench.lookup, writes) } });
  return {
    name: `@tollgate/mastra over ${api}`,
    surfaces: {
      generate: everywhere(generate),
      stream: everywhere((bench) => streamed(agent(bench).stream(prompt))),
      streamHalfRead: everywhere(async (bench) => {
        for await (const _text of (await agent(bench).stream(prompt)).textStream) break;
      }),
      streamUnread: everywhere(async (bench) => {
        await agent(bench).stream(prompt);
        await bench.begun();
      }),
      streamAborted: everywhere(async (bench) => {
        const abort = new AbortController();
        const { textStream } = await agent(bench).stream(prompt, { abortSignal: abort.signal });
        for await (const _text of textStream) abort.abort();
      }),
      timeout: everywhere((bench) =>
        agent(bench).generate(prompt, { modelSettings: { timeout: { stepMs: bench.timeoutMs } } }),
      ),
      retry: everywhere((bench) => agent(bench, { maxRetries: 2 }).generate(prompt)),
      object: everywhere((bench) => agent(bench).generate(prompt, { structuredOutput })),
      streamedObject: everywhere(async (bench) => {
        const output = await agent(bench).stream(prompt, { structuredOutput });
        for await (const _part of output.objectStream);
        if (output.error !== undefined) throw output.error;
      }),
      namedModel: everywhere((bench) =>
        agent(bench, { model: `openai/${benchModels.chat}` }).generate(prompt),
      ),
      embed: embeds,
      embedMany: embeds,
      image: byCode("makes images"),
      speech: elsewhere(
        "a voice calls its provider by itself",
        "decide the call with guard, where you make it",
      ),
      transcription: elsewhere(
        "a voice calls its provider by itself",
        "decide the call with guard, where you make it",
      ),
      rerank: byCode("reranks"),
      video: byCode("makes videos"),
      agent: everywhere((bench) => withTool(bench).generate(prompt, many)),
      streamedAgent: everywhere((bench) => streamed(withTool(bench).stream(prompt, many))),
      nestedAgent: everywhere((bench) => {
        // The gate alone: the run comes from the tool that this call is made in.
        const inner = gateAgent(
          { id: "inner", name: "inner", instructions: "", model: modelsAt(bench, api)(benchModels.chat) },
          bench.gate,
        );
        const lookup = lookupTool(async (query) => (await inner.generate(query)).text);
        return agent(bench, { tools: { lookup } }).generate(prompt, many);
      }),
      streamingTool: everywhere((bench) => streamed(withTool(bench, true).stream(prompt, many))),
      approval: everywhere(approval(api)),
      providerTool:
        api === "responses"
          ? everywhere((bench) => agent(bench, { tools: { web_search: webSearch } }).generate(prompt))
          : elsewhere("OpenAI's Chat Completions have no such tools", "use the Responses API"),
      batch: byCode("runs batches"),
      realtime: elsewhere(
        "a voice holds its realtime session by itself",
        "decide the session's token with gateBudget",
      ),
    },
  };
};

const webSearch = createOpenAI({ apiKey: "none" }).tools.webSearch();
