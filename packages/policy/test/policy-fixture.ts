import type { Action, EvaluationContext, GateOptions } from "@tollgate/core";
import { createGate, createSigner, type Gate } from "@tollgate/core";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import { InvalidPolicy, loadPolicy, type Policy, type PolicyOptions } from "@tollgate/policy";

const signer = createSigner();

/** A policy of a text without its version. */
export function policyOf(text: string, options: PolicyOptions = { env: {} }): Policy {
  return loadPolicy(`version: 1\n${text}`, options);
}

/** A gate under a policy, on a clock that stands still. */
export function gateOf(policy: Policy, options: GateOptions = {}): { gate: Gate; clock: ManualClock } {
  const clock = manualClock();
  return { gate: createGate({ signer, clock, ...options, ...policy }), clock };
}

/** What is wrong with a policy, as `line:column message`. */
export function problemsOf(text: string, options?: PolicyOptions): readonly string[] {
  try {
    policyOf(text, options);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidPolicy)) throw error;
    return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
  }
}

/** An action as a gate hands it to evaluators. */
export function actionOf(parts: Partial<Action> = {}): Action {
  return { kind: "tool", name: "search", params: {}, amounts: {}, subject: {}, ...parts };
}

/** The context of a first action. */
export function contextOf(parts: Partial<EvaluationContext> = {}): EvaluationContext {
  return {
    decision: "d",
    run: { id: "r", root: "r", steps: 1, calls: 0, repeats: 1, spent: 0n, startedAt: 0 },
    now: Date.UTC(2026, 10, 20, 14, 5),
    balances: () => [],
    signal: new AbortController().signal,
    ...parts,
  };
}
