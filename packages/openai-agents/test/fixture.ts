import { type ModelProvider, type RunConfig, Runner } from "@openai/agents";
import { type MockProvider, startMockProvider } from "@tollgate/conformance/mock-provider";
import type { Script } from "@tollgate/conformance/mock-reply";
import {
  createGate,
  findDenial,
  type Gate,
  type GateOptions,
  type Receipt,
  type RefusedError,
  type Run,
  type Verdict,
} from "@tollgate/core";
import type OpenAI from "openai";
import { onTestFinished } from "vitest";
import { gateModelProvider } from "../src/index.ts";
import { type Api, clientAt, openaiProvider } from "./surfaces.ts";

/** A gate, a run of it, and the SDK's runner with the real OpenAI client at a provider of one's own. */
export interface Fixture {
  readonly gate: Gate;
  readonly run: Run;
  readonly provider: MockProvider;
  readonly client: OpenAI;
  /** The SDK's own provider, gated for the run. */
  readonly modelProvider: ModelProvider;
  readonly runner: Runner;
}

/** Opens a fixture for one test. Tokens of gpt-4o cost $2 and $8 per million. */
export async function open(
  script: Script = () => ({}),
  options: GateOptions = {},
  { api = "Responses", ...config }: Partial<RunConfig> & { readonly api?: Api } = {},
): Promise<Fixture> {
  const provider = await startMockProvider(script);
  onTestFinished(() => provider.stop());
  const gate = createGate({
    prices: {
      models: { "gpt-4o": { input: "$2", output: "$8" }, "gpt-4o-mini": { input: "$0.20", output: "$0.80" } },
    },
    budgets: [{ id: "money", limit: "$1000" }],
    ...options,
  });
  const run = gate.run({ tenant: "acme", user: "alice" });
  const client = clientAt({ provider });
  const modelProvider = gateModelProvider(openaiProvider(api, client), run);
  return { gate, run, provider, client, modelProvider, runner: new Runner({ modelProvider, ...config }) };
}

/** The gate's rule for one kind of action; the rest is allowed. */
export function ruleFor(kind: string, verdict: Verdict): Pick<GateOptions, "evaluators"> {
  return {
    evaluators: [
      { name: "rule", evaluate: (action) => (action.kind === kind ? verdict : { decision: "allow" }) },
    ],
  };
}

/** The gate's refusal inside of what an operation rejects with. */
export async function refusalOf(operation: Promise<unknown>): Promise<RefusedError> {
  const error: unknown = await operation.then(
    () => Promise.reject(new Error("the operation went through")),
    (thrown: unknown) => thrown,
  );
  const refusal = findDenial(error);
  if (refusal === null) throw new Error("there is no refusal in the error", { cause: error });
  return refusal;
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

/** What the model was told as the results of its tool calls, in the last request. */
export function toldOf({ provider }: Fixture): readonly string[] {
  const { input, messages } = provider.requests.at(-1)?.body ?? {};
  const items = (input ?? messages) as {
    type?: string;
    role?: string;
    output?: unknown;
    content?: unknown;
  }[];
  return items.flatMap(({ type, role, output, content }) => {
    if (type === "function_call_output") return [textOf(output)];
    return role === "tool" ? [textOf(content)] : [];
  });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Whether nothing is held any more. */
export async function isAllSettled(gate: Gate): Promise<boolean> {
  return (await gate.balances()).every(({ held }) => held === 0n);
}
