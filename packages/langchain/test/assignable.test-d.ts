import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { AIMessageChunk } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { Command, type Interrupt } from "@langchain/langgraph";
import { ChatOpenAI, type ChatOpenAICallOptions, type OpenAIEmbeddings } from "@langchain/openai";
import type { Run } from "@tollgate/core";
import { createAgent, createMiddleware } from "langchain";
import { expectTypeOf } from "vitest";
import * as z from "zod";
import {
  type GatedModel,
  gateCallback,
  gateEmbeddings,
  gateModel,
  gateStream,
  gateTool,
  stopOnRefusal,
} from "../src/index.ts";
import { answerApproval, gateMiddleware, gateOutermost } from "../src/middleware.ts";

declare const run: Run;
declare const openai: ChatOpenAI;
declare const openaiEmbeddings: OpenAIEmbeddings;
declare const paused: Interrupt;

new ChatOpenAI({ model: "gpt-4o", callbacks: [gateCallback(run), gateCallback(run.gate)] });
openai.withRetry({ stopAfterAttempt: 3, onFailedAttempt: stopOnRefusal });

const model = gateModel(openai, run, { models: (id) => new ChatOpenAI({ model: id }) });
expectTypeOf(model).toEqualTypeOf<GatedModel<ChatOpenAICallOptions>>();
expectTypeOf(model).toExtend<BaseChatModel<ChatOpenAICallOptions>>();
expectTypeOf(await model.invoke("hi")).toEqualTypeOf<AIMessageChunk>();
await model.invoke("hi", { seed: 1, tool_choice: "auto" });
// @ts-expect-error no such call option of the gated model
await model.invoke("hi", { sed: 1 });
const answer = await model.withStructuredOutput(z.object({ city: z.string() })).invoke("hi");
expectTypeOf(answer.city).toEqualTypeOf<string>();
// @ts-expect-error a name is no model
gateModel("openai:gpt-4o", run);

const stream = await gateStream(openai, "hi", run, { call: { seed: 1 } });
for await (const chunk of stream) expectTypeOf(chunk).toEqualTypeOf<AIMessageChunk>();

const embeddings = gateEmbeddings(openaiEmbeddings, run);
expectTypeOf(embeddings).toEqualTypeOf<OpenAIEmbeddings>();
expectTypeOf(embeddings).toExtend<EmbeddingsInterface>();

const weather = tool(({ city }) => city.length, {
  name: "weather",
  description: "Tells the weather.",
  schema: z.object({ city: z.string() }),
});
const gated = gateTool(weather, run, { action: { capability: "read_only" } });
expectTypeOf(gated).toEqualTypeOf<typeof weather>();
await gated.invoke({ city: "Oslo" });
// @ts-expect-error the tool's own schema still counts
await gated.invoke({ town: "Oslo" });
// @ts-expect-error there is no such capability
gateTool(weather, run, { action: { capability: "everything" } });

const counting = createMiddleware({
  name: "counting",
  stateSchema: z.object({ count: z.number().default(0) }),
});
const middleware = gateOutermost([gateMiddleware(run, { models: () => openai }), counting]);
const agent = createAgent({ model: openai, tools: [weather, gated], middleware });
const state = await agent.invoke({ messages: [{ role: "user", content: "hi" }] });
// The gate adds nothing to the agent's state, and hides nothing of the others'.
expectTypeOf(state.count).toEqualTypeOf<number>();
// @ts-expect-error no such state
state.tollgate;
createAgent({ model, tools: [gated], middleware: [gateMiddleware(run)] });
createAgent({ model: "openai:gpt-4o", middleware: [gateMiddleware(run.gate)] });

await agent.invoke(new Command({ resume: answerApproval(paused, { approved: true, by: "bob" }) }));
// @ts-expect-error somebody has to say so
answerApproval(paused, { approved: true });
