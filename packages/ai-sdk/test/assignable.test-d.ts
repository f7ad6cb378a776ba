import type { OpenAIProvider } from "@ai-sdk/openai";
import type { EmbeddingModelV4, ImageModelV4, LanguageModelV4, ProviderV4 } from "@ai-sdk/provider";
import type { Run } from "@tollgate/core";
import {
  type EmbeddingModel,
  generateText,
  type ImageModel,
  type InferToolInput,
  type InferToolOutput,
  type LanguageModel,
  streamText,
  ToolLoopAgent,
  tool,
} from "ai";
import { expectTypeOf } from "vitest";
import * as z from "zod";
import {
  gateEmbeddingModel,
  gateImageModel,
  gateModel,
  gateProvider,
  gateToolApproval,
  gateTools,
  toErrorMessage,
} from "../src/index.ts";

declare const openai: OpenAIProvider;
declare const run: Run;

const model = gateModel(openai("gpt-4o"), run);
expectTypeOf(model).toEqualTypeOf<LanguageModelV4>();
expectTypeOf(model).toExtend<LanguageModel>();
expectTypeOf(gateModel(openai("gpt-4o"), run.gate)).toExtend<LanguageModel>();
// @ts-expect-error a name is no model: AI_SDK_DEFAULT_PROVIDER is for names
gateModel("openai/gpt-4o", run);

expectTypeOf(gateEmbeddingModel(openai.embedding("e"), run)).toEqualTypeOf<EmbeddingModelV4>();
expectTypeOf(gateEmbeddingModel(openai.embedding("e"), run)).toExtend<EmbeddingModel>();
expectTypeOf(gateImageModel(openai.image("i"), run)).toEqualTypeOf<ImageModelV4>();
expectTypeOf(gateImageModel(openai.image("i"), run)).toExtend<ImageModel>();

const gated = gateProvider(openai, run);
expectTypeOf(gated).toEqualTypeOf<OpenAIProvider>();
expectTypeOf(gated).toExtend<ProviderV4>();
globalThis.AI_SDK_DEFAULT_PROVIDER = gated;

const plain = {
  weather: tool({
    inputSchema: z.object({ city: z.string() }),
    contextSchema: z.object({ key: z.string() }),
    execute: async ({ city }, { context }) => ({ city, degrees: context.key.length }),
  }),
  log: tool({
    inputSchema: z.object({ line: z.string() }),
    async *execute({ line }) {
      yield line.length;
    },
  }),
};
const tools = gateTools(plain, run, { actions: { weather: { capability: "read_only" } } });
expectTypeOf(tools).toEqualTypeOf<typeof plain>();
expectTypeOf<InferToolInput<typeof tools.weather>>().toEqualTypeOf<{ city: string }>();
expectTypeOf<InferToolOutput<typeof tools.weather>>().toEqualTypeOf<{ city: string; degrees: number }>();
// @ts-expect-error there is no such tool
gateTools(plain, run, { actions: { wether: { capability: "read_only" } } });
// @ts-expect-error there is no such capability
gateTools(plain, run, { actions: { weather: { capability: "everything" } } });

const toolsContext = { weather: { key: "k" } };
const toolApproval = gateToolApproval(tools, { approvedBy: async ({ approver }) => approver });
const { toolResults } = await generateText({ model, tools, toolsContext, toolApproval, prompt: "" });
for (const result of toolResults) {
  if (result.dynamic !== true && result.toolName === "weather") {
    expectTypeOf(result.output.degrees).toEqualTypeOf<number>();
  }
}
const streaming = streamText({ model, tools, toolsContext, toolApproval, prompt: "", onError() {} });
streaming.toUIMessageStream({ onError: toErrorMessage });
new ToolLoopAgent({ model, tools, toolsContext, toolApproval });
