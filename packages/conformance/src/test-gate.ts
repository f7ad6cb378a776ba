import {
  type BudgetInput,
  createGate,
  type Gate,
  type GateOptions,
  type Receipt,
  type Verdict,
} from "@tollgate/core";
import { onTestFinished } from "vitest";
import { type MockProvider, startMockProvider } from "./mock-provider.ts";
import type { Script } from "./mock-reply.ts";

/** A budget that hardly anything exceeds, so that everything is booked. */
export const money: BudgetInput = { id: "money", limit: "$1000" };

/**
 * A gate for an adapter's own tests, by default with the budget {@link money}.
 *
 * Tokens cost $2 and $8 per million, of the small model a tenth of it.
 */
export function testGate(options: GateOptions = {}): Gate {
  return createGate({
    prices: {
      models: { "gpt-4o": { input: "$2", output: "$8" }, "gpt-4o-mini": { input: "$0.20", output: "$0.80" } },
    },
    budgets: [money],
    ...options,
  });
}

/** A provider of one's own, stopped when the test is over. */
export async function testProvider(script: Script = () => ({})): Promise<MockProvider> {
  const provider = await startMockProvider(script);
  onTestFinished(() => provider.stop());
  return provider;
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

/** How the permits have ended so far: `settled reported`, `settled estimated`, `released`, `expired`. */
export async function endingsOf(gate: Gate): Promise<readonly string[]> {
  return (await receiptsOf(gate)).flatMap((body) =>
    body.type === "settlement" ? [[body.outcome, body.source].filter(Boolean).join(" ")] : [],
  );
}

/** What a budget was charged, and what is held for it, over all its balances. */
export async function balanceOf(gate: Gate, budget = "money"): Promise<{ spent: bigint; held: bigint }> {
  const found = (await gate.balances()).filter((balance) => balance.budget === budget);
  return {
    spent: found.reduce((sum, { spent }) => sum + spent, 0n),
    held: found.reduce((sum, { held }) => sum + held, 0n),
  };
}
