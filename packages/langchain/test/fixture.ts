import { ChatOpenAI, type ChatOpenAIFields } from "@langchain/openai";
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

/** A gate, a run of it, and LangChain's OpenAI client at a provider of one's own. */
export interface Fixture {
  readonly gate: Gate;
  readonly run: Run;
  readonly provider: MockProvider;
  /** A model without retries of its own. */
  chat(fields?: ChatOpenAIFields): ChatOpenAI;
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
    chat: (fields = {}) =>
      new ChatOpenAI({
        model: "gpt-4o",
        apiKey: "none",
        maxRetries: 0,
        ...fields,
        configuration: { baseURL: provider.url },
      }),
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

/** At most so many model calls. */
export function modelCalls(count: number): Pick<GateOptions, "budgets"> {
  return { budgets: [{ id: "calls", limit: `${count} calls`, match: { kind: "llm" } }] };
}

/** All receipts of a gate so far. */
async function receiptsOf(gate: Gate): Promise<readonly Receipt["body"][]> {
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

/** How the permits have ended so far: `settled reported`, `settled estimated`, `released`, `expired`. */
export async function endingsOf(gate: Gate): Promise<readonly string[]> {
  return (await receiptsOf(gate)).flatMap((body) =>
    body.type === "settlement" ? [[body.outcome, body.source].filter(Boolean).join(" ")] : [],
  );
}

/** What a budget was charged, and what is held for it. */
export async function balanceOf(gate: Gate, budget = "money"): Promise<{ spent: bigint; held: bigint }> {
  const found = (await gate.balances()).find((balance) => balance.budget === budget);
  return { spent: found?.spent ?? 0n, held: found?.held ?? 0n };
}
