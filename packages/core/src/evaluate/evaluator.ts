import type { Action, Patch } from "../action/action.ts";
import type { Balance, BalanceQuery } from "../action/balance.ts";
import type { Awaitable } from "../awaitable.ts";
import type { JsonValue } from "../codec/json.ts";

/** What an evaluator may look at besides the action. */
export interface EvaluationContext {
  /** The id that the decision's receipt will have, so that other records can name it. */
  readonly decision: string;
  readonly run: {
    // The figures are those of the whole run: of all handles of its root's id in this gate, and their children.
    readonly id: string;
    /** The id of the topmost run; equals `id` where there is no parent. */
    readonly root: string;
    /** How many actions it has asked for, this one included. */
    readonly steps: number;
    /** How many of the earlier ones were let through. */
    readonly calls: number;
    /** How often it has asked for this very action, this time included. */
    readonly repeats: number;
    /** What its calls have been settled at so far, in nano-dollars. */
    readonly spent: bigint;
    /** When its first handle was opened, in epoch milliseconds. */
    readonly startedAt: number;
  };
  /** Epoch milliseconds of this decision. */
  readonly now: number;
  /** Balances for soft thresholds; never enforce a hard limit with them, only `reserve` can. */
  balances(query: BalanceQuery): Awaitable<readonly Balance[]>;
  /** Aborted when the evaluator's time is up. */
  readonly signal: AbortSignal;
}

/** One evaluator's answer. `rule` names what decided, `reason` says why in words for a person. */
export type Verdict =
  | { readonly decision: "allow"; readonly rule?: string; readonly reason?: string }
  | {
      readonly decision: "degrade";
      readonly patch: Patch;
      readonly rule?: string;
      readonly reason: string;
    }
  | {
      readonly decision: "skip";
      /** What the model gets instead of a result. */
      readonly result?: JsonValue;
      readonly rule?: string;
      readonly reason: string;
    }
  | {
      readonly decision: "require_approval";
      /** Who may approve, such as a role. */
      readonly approver?: string;
      /** How long the request stays open, in milliseconds. */
      readonly ttlMs?: number;
      readonly rule?: string;
      readonly reason: string;
    }
  | {
      readonly decision: "deny";
      /** True stops the whole run. */
      readonly terminal?: boolean;
      readonly rule?: string;
      readonly reason: string;
    };

/**
 * Gives a verdict on an action, without side effects.
 *
 * An evaluator that throws, answers nonsense or does not answer in time denies.
 */
export interface Evaluator {
  /** Unique among the gate's evaluators; written into receipts. */
  readonly name: string;
  /** How long `evaluate` may take. @default the gate's `evaluatorTimeoutMs` */
  readonly timeoutMs?: number;
  evaluate(action: Action, context: EvaluationContext): Awaitable<Verdict>;
}
