import type { Gate } from "@tollgate/core";

/** How many answers are remembered; the oldest is forgotten beyond it. */
const maxRemembered = 10_000;

/** Where a gate carries the answers of its models, for guardrails that share nothing else with them. */
const answeredMark: unique symbol = Symbol.for("tollgate.openai-agents.answered");

/** The receipts for the latest answers of a gate's models, by the ids of the responses. */
export function answeredBy(gate: Gate & { [answeredMark]?: Map<string, string> }): Map<string, string> {
  gate[answeredMark] ??= new Map();
  return gate[answeredMark];
}

/** Remembers that an answer came from a gated model. */
export function remember(gate: Gate, responseId: string | undefined, receipt: string): void {
  if (!responseId) return;
  const answered = answeredBy(gate).set(responseId, receipt);
  const [oldest] = answered.keys();
  if (answered.size > maxRemembered && oldest !== undefined) answered.delete(oldest);
}
