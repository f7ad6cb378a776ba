import type { Gate, Run } from "@tollgate/core";

/** Where what is gated carries its gate; survives two copies of this package. */
export const gatedMark: symbol = Symbol.for("tollgate.openai-agents.gated");

/** The gate or run that a model, provider or tool is gated by; null when it is not gated. */
export function gatedBy(value: unknown): Gate | Run | null {
  if (typeof value !== "object" || value === null || !(gatedMark in value)) return null;
  return (value as Record<symbol, Gate | Run>)[gatedMark] ?? null;
}

/**
 * Whether something is gated by just this gate or run, and is to be left as it is.
 *
 * @throws TypeError when it is gated by another one: its calls would be decided and charged twice
 */
export function isGatedBy(value: unknown, gateOrRun: Gate | Run, what: string): boolean {
  const gate = gatedBy(value);
  if (gate === null) return false;
  if (gate === gateOrRun) return true;
  throw new TypeError(`${what} is gated already, by another gate or run: gate the original instead`);
}

/** The gate of a run, or the gate itself. */
export function gateOf(gateOrRun: Gate | Run): Gate {
  return "decide" in gateOrRun ? gateOrRun : gateOrRun.gate;
}
