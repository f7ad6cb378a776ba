import { createOpenAI, type OpenAIProvider } from "@ai-sdk/openai";
import { Mastra } from "@mastra/core";
import type { Agent, ToolsInput } from "@mastra/core/agent";
import { InMemoryStore } from "@mastra/core/storage";
import { createTool } from "@mastra/core/tools";
import { type MockProvider, startMockProvider } from "@tollgate/conformance/mock-provider";
import type { Script } from "@tollgate/conformance/mock-reply";
import {
  createGate,
  type Gate,
  type GateOptions,
  type Receipt,
  type Run,
  type Verdict,
} from "@tollgate/core";
import { onTestFinished } from "vitest";
import * as z from "zod";
import { type GateAgentConfig, type GateAgentOptions, gateAgent } from "../src/index.ts";

/** A gate, a run of it, and the AI SDK's OpenAI client at a provider of one's own. */
export interface Fixture {
  readonly gate: Gate;
  readonly run: Run;
  readonly provider: MockProvider;
  readonly openai: OpenAIProvider;
}

/** Opens a fixture for one test. Tokens cost $2 and $8 per million, and a tenth of that for the smaller model. */
export async function open(script: Script = () => ({}), options: GateOptions = {}): Promise<Fixture> {
  const provider = await startMockProvider(script);
  onTestFinished(() => provider.stop());
  const gate = createGate({
    prices: {
      models: { "gpt-4o": { input: "$2", output: "$8" }, "gpt-4o-mini": { input: "$0.20", output: "$0.80" } },
    },
    budgets: [{ id: "money", limit: "$1000" }],
    ...options,
  });
  return {
    gate,
    run: gate.run({ tenant: "acme", user: "alice" }),
    provider,
    openai: createOpenAI({ baseURL: provider.url, apiKey: "none" }),
  };
}

/** What a test's agent has besides the usual. */
export type Config = Partial<GateAgentConfig<string, ToolsInput, undefined, unknown>>;

/** A gated agent; of the fixture's run, unless it is given another, or the gate. */
export function agentOf(
  { openai, run }: Fixture,
  config: Config = {},
  { gateOrRun = run, ...options }: GateAgentOptions & { readonly gateOrRun?: Gate | Run } = {},
): Agent {
  return register(
    gateAgent(
      { id: "tester", name: "tester", instructions: "Answer.", model: openai("gpt-4o"), ...config },
      gateOrRun,
      options,
    ),
  );
}

/** Registers an agent with a Mastra of its own, which says nothing of what is refused. */
export function register<Any extends Agent>(agent: Any, storage: InMemoryStore = new InMemoryStore()): Any {
  new Mastra({ agents: { agent }, storage, logger: false });
  return agent;
}

/** A tool that sends mail, and keeps to whom. */
export function mailer(sent: string[] = []): { readonly sent: string[]; readonly send: ToolsInput[string] } {
  const send = createTool({
    id: "send",
    description: "Sends mail.",
    inputSchema: z.object({ to: z.string() }),
    execute: async ({ to }) => ({ sent: sent.push(to) }),
  });
  return { sent, send };
}

/** The model sends mail in its first `turns` turns, always under the same id, and then answers. */
export const sends =
  (turns = 1, to = "bob"): Script =>
  ({ index }) =>
    index < turns ? { toolCalls: [{ name: "send", arguments: { to } }] } : { text: "done" };

/** A rule for one kind of action, of one name if given; the rest is allowed. */
export function ruleFor(kind: string, verdict: Verdict, name?: string): Pick<GateOptions, "evaluators"> {
  const isMeant = (action: { readonly kind: string; readonly name: string }) =>
    action.kind === kind && (name === undefined || action.name === name);
  return {
    evaluators: [{ name: "rule", evaluate: (action) => (isMeant(action) ? verdict : { decision: "allow" }) }],
  };
}

/** All receipts of a gate so far. */
export async function receiptsOf(gate: Gate): Promise<readonly Receipt["body"][]> {
  const bodies: Receipt["body"][] = [];
  for await (const { body } of gate.receipts()) bodies.push(body);
  return bodies;
}

/** The actions that were decided so far, as `kind name outcome`. */
export async function decisionsOf(gate: Gate): Promise<readonly string[]> {
  return (await receiptsOf(gate)).flatMap((body) =>
    body.type === "decision" ? [`${body.action.kind} ${body.action.name} ${body.decision.outcome}`] : [],
  );
}

/** The runs that actions were decided in, as `name run root`. */
export async function runsOf({ gate }: Fixture): Promise<readonly string[]> {
  return (await receiptsOf(gate)).flatMap((body) =>
    body.type === "decision" ? [`${body.action.name} ${body.action.run} ${body.action.root ?? "-"}`] : [],
  );
}

/** How the calls that were let through have ended, as `settled` or `released`. */
export async function endingsOf(gate: Gate): Promise<readonly string[]> {
  return (await receiptsOf(gate)).flatMap((body) => (body.type === "settlement" ? [body.outcome] : []));
}

/** What the model was told in a request. */
export function toldIn({ provider }: Fixture, index: number): string {
  return JSON.stringify(provider.requests.at(index)?.body.input);
}

/** What a promise rejects with. */
export async function errorOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return await promise.then(
    () => {
      throw new Error("it did not reject");
    },
    (error: unknown) => error,
  );
}
