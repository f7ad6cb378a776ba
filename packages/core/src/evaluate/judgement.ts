import type { Patch } from "../action/action.ts";
import type { JsonValue } from "../codec/json.ts";

/** The gate's possible answers, least restrictive first; the most restrictive of all wins. */
export const outcomes = ["allow", "degrade", "skip", "require_approval", "deny"] as const;

/** One of {@link outcomes}. */
export type Outcome = (typeof outcomes)[number];

/** An evaluator that could not decide: it threw, hung or answered nonsense. */
export interface EvaluatorFailure {
  readonly evaluator: string;
  /** How it failed, in words that quote neither its error nor the action. */
  readonly reason: string;
  readonly cause: unknown;
}

/** What all evaluators together say of one action. */
export interface Judgement {
  readonly outcome: Outcome;
  readonly terminal: boolean;
  /** Why, in words for a person; of the verdict that won. */
  readonly reason: string;
  /** The rules that made the outcome, as `evaluator` or `evaluator/rule`. */
  readonly rules: readonly string[];
  /** The evaluators asked, in order; those after a deny were not. */
  readonly evaluators: readonly string[];
  /** The patches of all degrades, in order; empty unless some evaluator degraded. */
  readonly patches: readonly Patch[];
  readonly result?: JsonValue;
  readonly approver?: string;
  readonly approvalTtlMs?: number;
  /** The first evaluator that could not decide; it made the deny, or abstained where it was to. */
  readonly failure?: EvaluatorFailure;
}
