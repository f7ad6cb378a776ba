import type { PolicyEngine } from "@microsoft/agent-governance-sdk";
import { createGate, type Decision, type Gate } from "@tollgate/core";
import { type AgtEvaluatorOptions, agtEvaluator } from "../src/index.ts";

/** A gate for the agent "bot" that asks nobody but AGT. */
export function gateWith(engine: PolicyEngine, options: AgtEvaluatorOptions = {}): Gate {
  return createGate({ evaluators: [agtEvaluator(engine, options)], subject: { agent: "bot" } });
}

/** What such a gate decides about a tool call. */
export function decide(
  engine: PolicyEngine,
  params: unknown,
  options: AgtEvaluatorOptions = {},
  name = "pay",
): Promise<Decision> {
  return gateWith(engine, options).decide({ kind: "tool", name, params });
}
