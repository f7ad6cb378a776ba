import { createOpenAI, type OpenAIProvider } from "@ai-sdk/openai";
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

/** A gate, a run of it, and the AI SDK's OpenAI client at a provider of one's own. */
export interface Fixture {
  readonly gate: Gate;
  readonly run: Run;
  readonly provider: MockProvider;
  readonly openai: OpenAIProvider;
}

/** Opens a fixture for one test. Tokens cost $2 and $8 per million. */
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

/** The gate's rule for one kind of action; the rest is allowed. */
export function ruleFor(kind: string, verdict: Verdict): Pick<GateOptions, "evaluators"> {
  return {
    evaluators: [
      { name: "rule", evaluate: (action) => (action.kind === kind ? verdict : { decision: "allow" }) },
    ],
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
