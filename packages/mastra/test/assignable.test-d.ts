import type { OpenAIProvider } from "@ai-sdk/openai";
import { Mastra } from "@mastra/core";
import { Agent, type MastraLanguageModel } from "@mastra/core/agent";
import type { MastraModelConfig, MastraModelGatewayInterface } from "@mastra/core/llm";
import { ModerationProcessor, type Processor } from "@mastra/core/processors";
import { createTool, type ToolHooks } from "@mastra/core/tools";
import { createStep } from "@mastra/core/workflows";
import type { Gate, Run } from "@tollgate/core";
import { expectTypeOf } from "vitest";
import * as z from "zod";
import {
  answerApproval,
  gateAgent,
  gateGateway,
  gateModel,
  gateProcessor,
  gateTool,
  gateToolHooks,
} from "../src/index.ts";

declare const openai: OpenAIProvider;
declare const run: Run;
declare const gate: Gate;

const weather = createTool({
  id: "weather",
  description: "Tells the weather.",
  inputSchema: z.object({ city: z.string() }),
  outputSchema: z.object({ degrees: z.number() }),
  execute: async ({ city }) => ({ degrees: city.length }),
});
const settings = { id: "finance-bot", name: "Finance bot", instructions: "Be brief." } as const;

// A model of the current AI SDK needs no cast once it is gated; Mastra's own types are those of older ones.
const model = gateModel(openai("gpt-4o"), run);
expectTypeOf(model).toEqualTypeOf<MastraLanguageModel>();
expectTypeOf(model).toExtend<MastraModelConfig>();
new Agent({ ...settings, model });
new Agent({ ...settings, model: [{ model, maxRetries: 2 }] });
new ModerationProcessor({ model });
// @ts-expect-error a name is no model: gateAgent and gateGateway are for names
gateModel("openai/gpt-4o", run);

const agent = gateAgent({ ...settings, model: openai("gpt-4o"), tools: { weather } }, run);
expectTypeOf(agent).toEqualTypeOf<Agent<"finance-bot", { weather: typeof weather }, undefined, unknown>>();
gateAgent({ ...settings, model: "openai/gpt-4o" }, gate, { ungated: ["scorers.quality"] });
gateAgent(
  { ...settings, model: [{ model: openai("gpt-4o"), maxRetries: 1 }, { model: "openai/gpt-4o-mini" }] },
  run,
);
gateAgent(
  {
    ...settings,
    model: ({ requestContext }) => (requestContext.get("tier") === "pro" ? openai("gpt-4o") : "a/b"),
  },
  run,
);
// @ts-expect-error an agent needs a model
gateAgent(settings, run);
// @ts-expect-error there is no such capability
gateAgent({ ...settings, model: "a/b" }, run, { actions: { weather: { capability: "everything" } } });
// @ts-expect-error there is no such tool
gateAgent({ ...settings, model: "a/b", tools: { weather: 1 } }, run);

new Mastra({ agents: { agent }, gateways: { tollgate: gateGateway(gate) } });
expectTypeOf(gateGateway(run)).toEqualTypeOf<MastraModelGatewayInterface>();

const { object } = await agent.generate("?", {
  structuredOutput: { schema: z.object({ city: z.string() }) },
});
expectTypeOf(object).toEqualTypeOf<{ city: string }>();

const hooks = gateToolHooks(run, { actions: { weather: { capability: "read_only" } } });
expectTypeOf(hooks).toExtend<ToolHooks>();
new Agent({ ...settings, model, hooks });

const processor = gateProcessor(gate, { models: (id) => openai(id) });
expectTypeOf(processor).toExtend<Processor>();
new Agent({ ...settings, model, inputProcessors: [processor], errorProcessors: [processor] });

expectTypeOf(gateTool(weather, run)).toEqualTypeOf<typeof weather>();
createStep(gateTool(weather, run));

const { suspendPayload, runId } = await agent.generate("?");
const answer = answerApproval(suspendPayload, { approved: true, by: "carol" });
await agent.resumeGenerate(answer, { runId: String(runId) });
// @ts-expect-error somebody has to say so
answerApproval(suspendPayload, { approved: true });
