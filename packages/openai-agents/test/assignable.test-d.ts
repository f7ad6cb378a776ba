import {
  Agent,
  getAllMcpTools,
  type InputGuardrail,
  type MCPServer,
  type MCPServerStdio,
  type Model,
  type ModelProvider,
  type OpenAIProvider,
  OpenAIResponsesModel,
  Runner,
  RunState,
  setDefaultModelProvider,
  type ToolInputGuardrailDefinition,
  tool,
  webSearchTool,
} from "@openai/agents";
import { RealtimeAgent } from "@openai/agents/realtime";
import type { Run } from "@tollgate/core";
import type OpenAI from "openai";
import { expectTypeOf } from "vitest";
import * as z from "zod";
import {
  gateGuardrails,
  gateMcpServer,
  gateModel,
  gateModelProvider,
  gateTool,
  gateTools,
} from "../src/index.ts";

declare const run: Run;
declare const client: OpenAI;
declare const provider: OpenAIProvider;
declare const stdio: MCPServerStdio;
declare const server: MCPServer;

interface Session {
  readonly user: string;
}

const model = gateModel(new OpenAIResponsesModel(client, "gpt-4o"), run, {
  models: (name) => new OpenAIResponsesModel(client, name),
});
expectTypeOf(model).toEqualTypeOf<Model>();
expectTypeOf(gateModel(model, run.gate)).toExtend<Model>();
// @ts-expect-error a name is no model: gateModelProvider is for names
gateModel("gpt-4o", run);

const modelProvider = gateModelProvider(provider, run);
expectTypeOf(modelProvider).toExtend<ModelProvider>();
expectTypeOf(modelProvider.close).toEqualTypeOf<OpenAIProvider["close"]>();
expectTypeOf(modelProvider.getModel).toEqualTypeOf<ModelProvider["getModel"]>();
const runner = new Runner({ modelProvider });
setDefaultModelProvider(modelProvider);

const weather = tool({
  name: "weather",
  description: "Tells the weather.",
  parameters: z.object({ city: z.string() }),
  needsApproval: async (_context, { city }) => city === "Oslo",
  execute: async ({ city }) => ({ city, degrees: 7 }),
});
const account = tool<z.ZodObject<{ id: z.ZodString }>, Session>({
  name: "account",
  description: "Looks an account up.",
  parameters: z.object({ id: z.string() }),
  execute: async ({ id }, context) => `${id} of ${context?.context.user}`,
});

const gatedWeather = gateTool(weather, run, { action: { capability: "read_only" } });
expectTypeOf(gatedWeather).toEqualTypeOf<typeof weather>();
expectTypeOf(gateTool(account, run)).toEqualTypeOf<typeof account>();
// @ts-expect-error there is no such capability
gateTool(weather, run, { action: { capability: "everything" } });
// @ts-expect-error a hosted tool runs at the provider: a gated model decides it
gateTool(webSearchTool(), run);

const tools = gateTools([weather, account, webSearchTool()], run, {
  actions: { weather: (input) => ({ amounts: { lookups: input === null ? 0n : 1n } }) },
  approvedBy: async ({ approver }) => approver,
});
const guardrails = gateGuardrails(run, { modelProvider });
expectTypeOf(guardrails.inputGuardrails).toEqualTypeOf<InputGuardrail[]>();
expectTypeOf(guardrails.toolInputGuardrails).toEqualTypeOf<ToolInputGuardrailDefinition[]>();

const agent = new Agent<Session>({ name: "a", model, tools, ...guardrails });
const structured = new Agent({
  name: "b",
  outputType: z.object({ city: z.string() }),
  tools: [gatedWeather],
  mcpServers: [gateMcpServer(stdio, run), gateMcpServer(server, run.gate)],
  ...guardrails,
});
expectTypeOf(gateMcpServer(stdio, run)).toEqualTypeOf<MCPServerStdio>();
new Agent({ name: "c", tools: gateTools(await getAllMcpTools([server]), run) });
new Agent({ name: "d", tools: gateTools([structured.asTool({ toolName: "b" })], run) });
new RealtimeAgent({ name: "e", tools: gateTools([weather], run) });
new Runner({ inputGuardrails: guardrails.inputGuardrails, outputGuardrails: guardrails.outputGuardrails });
tool({
  name: "guarded",
  description: "Is guarded.",
  parameters: z.object({}),
  inputGuardrails: guardrails.toolInputGuardrails,
  execute: () => "",
});

const { state, finalOutput } = await runner.run(structured, "hi");
expectTypeOf(finalOutput?.city).toEqualTypeOf<string | undefined>();
await runner.run(agent, "hi", { context: { user: "alice" } });
await runner.run(structured, await RunState.fromString(structured, state.toString()));
