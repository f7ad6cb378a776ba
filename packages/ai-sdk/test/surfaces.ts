import { createOpenAI, type OpenAIProvider } from "@ai-sdk/openai";
import type { RerankingModelV4, Experimental_VideoModelV4 as VideoModelV4 } from "@ai-sdk/provider";
import type { AdapterDriver, Bench, Operation } from "@tollgate/conformance/adapter-driver";
import { benchModels as models } from "@tollgate/conformance/adapter-driver";
import {
  embed,
  embedMany,
  generateImage,
  generateObject,
  generateSpeech,
  generateText,
  experimental_generateVideo as generateVideo,
  isStepCount,
  type ModelMessage,
  rerank,
  streamObject,
  streamText,
  ToolLoopAgent,
  tool,
  transcribe,
  wrapEmbeddingModel,
} from "ai";
import * as z from "zod";
import {
  gateEmbeddingModel,
  gateImageModel,
  gateModel,
  gateProvider,
  gateToolApproval,
  gateTools,
} from "../src/index.ts";

/** The real OpenAI client of the AI SDK at a bench's provider. */
function openaiAt({ provider }: Pick<Bench, "provider">): OpenAIProvider {
  return createOpenAI({ baseURL: provider.url, apiKey: "none" });
}

const prompt = "How is the weather?";
const schema = z.object({ city: z.string() });
const many = isStepCount(30);

const chat = (bench: Bench) =>
  gateModel(openaiAt(bench)(models.chat), bench.run, { models: (modelId) => openaiAt(bench)(modelId) });

const lookupTool = (bench: Bench) =>
  tool({
    description: "Looks something up.",
    inputSchema: z.object({ query: z.string() }),
    execute: ({ query }) => bench.lookup(query),
  });

/** Reads a stream to its end and rejects with what its onError saw, which is where the AI SDK tells it. */
async function streamed(
  start: (onError: (event: { error: unknown }) => void) => { readonly stream: AsyncIterable<unknown> },
): Promise<void> {
  const errors: unknown[] = [];
  const { stream } = start(({ error }) => errors.push(error));
  for await (const _part of stream);
  if (errors.length > 0) throw errors[0];
}

const generate: Operation = (bench) => generateText({ model: chat(bench), prompt });

const approval: Operation = async (bench) => {
  const tools = gateTools({ lookup: lookupTool(bench) }, bench.run);
  const ask = (messages: ModelMessage[]) =>
    generateText({
      model: chat(bench),
      tools,
      toolApproval: gateToolApproval(tools),
      messages,
      stopWhen: many,
    });
  const asked: ModelMessage[] = [{ role: "user", content: prompt }];
  const first = await ask(asked);
  const responses = first.content.flatMap((part) =>
    part.type === "tool-approval-request"
      ? [{ type: "tool-approval-response" as const, approvalId: part.approvalId, approved: true }]
      : [],
  );
  await bench.grant();
  const approved: ModelMessage[] = [
    ...asked,
    ...first.response.messages,
    { role: "tool", content: responses },
  ];
  await ask(approved);
  await ask(approved);
};

/** Providers of models that OpenAI does not have, as small as the specification allows. */
const others = ({ provider }: Bench) => {
  const post = async (path: string, body: object, signal: AbortSignal | undefined) => {
    const response = await fetch(`${provider.url}${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) {
      throw Object.assign(new Error(`error ${response.status}`), {
        statusCode: response.status,
        [Symbol.for("vercel.ai.error")]: true,
        [Symbol.for("vercel.ai.error.AI_APICallError")]: true,
      });
    }
    await response.json();
  };
  return {
    specificationVersion: "v4" as const,
    rerankingModel: (modelId: string): RerankingModelV4 => ({
      specificationVersion: "v4",
      provider: "other",
      modelId,
      async doRerank({ query, abortSignal }) {
        await post("/rerank", { model: modelId, query }, abortSignal);
        return { ranking: [{ index: 0, relevanceScore: 1 }] };
      },
    }),
    videoModel: (modelId: string): VideoModelV4 => ({
      specificationVersion: "v4",
      provider: "other",
      modelId,
      maxVideosPerCall: 1,
      async doGenerate({ abortSignal, prompt }) {
        await post("/videos", { model: modelId, prompt }, abortSignal);
        return {
          videos: [{ type: "base64", data: "AAAA", mediaType: "video/mp4" }],
          warnings: [],
          response: { timestamp: new Date(0), modelId, headers: {} },
        };
      },
    }),
  };
};

const everywhere = (perform: Operation) => ({ coverage: "enforces" as const, perform });

/** The AI SDK's real functions behind the gate, surface by surface. */
export const aiSdkDriver: AdapterDriver = {
  name: "@tollgate/ai-sdk",
  surfaces: {
    generate: everywhere(generate),
    stream: everywhere((bench) => streamed((onError) => streamText({ model: chat(bench), prompt, onError }))),
    streamHalfRead: everywhere(async (bench) => {
      for await (const _text of streamText({ model: chat(bench), prompt, onError() {} }).textStream) break;
    }),
    streamUnread: everywhere(async (bench) => {
      streamText({ model: chat(bench), prompt, onError() {} });
      await bench.begun();
    }),
    streamAborted: everywhere(async (bench) => {
      const abort = new AbortController();
      const { textStream } = streamText({
        model: chat(bench),
        prompt,
        abortSignal: abort.signal,
        onError() {},
      });
      for await (const _text of textStream) abort.abort();
    }),
    timeout: everywhere((bench) => generateText({ model: chat(bench), prompt, timeout: bench.timeoutMs })),
    retry: everywhere(generate),
    object: everywhere((bench) => generateObject({ model: chat(bench), prompt, schema })),
    streamedObject: everywhere(async (bench) => {
      const errors: unknown[] = [];
      const { fullStream } = streamObject({
        model: chat(bench),
        prompt,
        schema,
        onError: ({ error }) => void errors.push(error),
      });
      for await (const _part of fullStream);
      if (errors.length > 0) throw errors[0];
    }),
    namedModel: everywhere(async (bench) => {
      const provider = gateProvider(openaiAt(bench), bench.run);
      globalThis.AI_SDK_DEFAULT_PROVIDER = provider;
      try {
        // Models are resolved before the first await.
        return await generateText({ model: models.chat, prompt });
      } finally {
        globalThis.AI_SDK_DEFAULT_PROVIDER = undefined;
      }
    }),
    embed: everywhere((bench) =>
      embed({
        model: gateEmbeddingModel(openaiAt(bench).embedding(models.embedding), bench.run),
        value: "a",
      }),
    ),
    embedMany: everywhere((bench) => {
      const oneByOne = wrapEmbeddingModel({
        model: openaiAt(bench).embedding(models.embedding),
        middleware: { specificationVersion: "v4", overrideMaxEmbeddingsPerCall: () => 1 },
      });
      return embedMany({ model: gateEmbeddingModel(oneByOne, bench.run), values: [..."abcdef"] });
    }),
    image: everywhere((bench) =>
      generateImage({ model: gateImageModel(openaiAt(bench).image(models.image), bench.run), prompt }),
    ),
    speech: everywhere((bench) =>
      generateSpeech({
        model: gateProvider(openaiAt(bench), bench.run).speech(models.speech),
        text: "hello",
      }),
    ),
    transcription: everywhere((bench) =>
      transcribe({
        model: gateProvider(openaiAt(bench), bench.run).transcription(models.transcription),
        audio: new Uint8Array([0xff, 0xfb, 0x90, 0x00]),
      }),
    ),
    rerank: everywhere((bench) =>
      rerank({
        model: gateProvider(others(bench), bench.run).rerankingModel(models.rerank),
        documents: ["a"],
        query: "b",
      }),
    ),
    video: everywhere((bench) =>
      generateVideo({ model: gateProvider(others(bench), bench.run).videoModel(models.video), prompt }),
    ),
    agent: everywhere((bench) =>
      new ToolLoopAgent({
        model: chat(bench),
        tools: gateTools({ lookup: lookupTool(bench) }, bench.run),
        stopWhen: many,
      }).generate({ prompt }),
    ),
    streamedAgent: everywhere((bench) =>
      streamed((onError) =>
        streamText({
          model: chat(bench),
          tools: gateTools({ lookup: lookupTool(bench) }, bench.run),
          stopWhen: many,
          prompt,
          onError,
        }),
      ),
    ),
    nestedAgent: everywhere((bench) => {
      const inner = tool({
        inputSchema: z.object({ query: z.string() }),
        // The gate alone: the run comes from the tool that this call is made in.
        execute: async ({ query }) =>
          (await generateText({ model: gateModel(openaiAt(bench)(models.chat), bench.gate), prompt: query }))
            .text,
      });
      return generateText({
        model: chat(bench),
        tools: gateTools({ lookup: inner }, bench.run),
        stopWhen: many,
        prompt,
      });
    }),
    streamingTool: everywhere((bench) => {
      const streaming = tool({
        inputSchema: z.object({ query: z.string() }),
        async *execute({ query }) {
          yield "looking";
          yield await bench.lookup(query);
        },
      });
      return streamed((onError) =>
        streamText({
          model: chat(bench),
          tools: gateTools({ lookup: streaming }, bench.run),
          stopWhen: many,
          prompt,
          onError,
        }),
      );
    }),
    approval: everywhere(approval),
    providerTool: everywhere((bench) =>
      generateText({ model: chat(bench), tools: { web_search: openaiAt(bench).tools.webSearch() }, prompt }),
    ),
    batch: {
      coverage: "not covered",
      why: "experimental_startBatch calls the provider past every model",
      close: "gateProvider refuses to hand out the batch interface; decide batches with gateBudget yourself",
    },
    realtime: {
      coverage: "not covered",
      why: "a realtime session runs between browser and provider",
      close: "gateProvider refuses to hand out realtime models; decide the session's token with gateBudget",
    },
  },
};
