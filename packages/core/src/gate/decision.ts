import type { Action } from "../action/action.ts";
import type { Balance } from "../action/balance.ts";
import type { JsonValue } from "../codec/json.ts";
import type { Outcome } from "../evaluate/judgement.ts";
import type { Claim, ReserveConflict } from "../ledger/ledger.ts";
import type { Approval } from "../oversight/approvals.ts";
import type { Receipt } from "../receipt/receipt.ts";
import type { Permit } from "./permit.ts";

/** Why a decision came out as it did, as a closed set; failures (could not decide) come last. */
export const decisionCodes = [
  "allowed",
  "degraded",
  "skipped",
  "approval_required",
  "approval_denied",
  "identity_denied",
  "policy_denied",
  "budget_exceeded",
  "run_stopped",
  "unpriced",
  "missing_field",
  "degrade_failed",
  "idempotency_conflict",
  "identity_failed",
  "evaluator_failed",
  "pricing_failed",
  "ledger_failed",
  "store_failed",
  "receipt_log_failed",
  "signer_failed",
  "clock_went_back",
  "gate_closed",
] as const;

/** One of {@link decisionCodes}. */
export type DecisionCode = (typeof decisionCodes)[number];

const failures: ReadonlySet<DecisionCode> = new Set<DecisionCode>([
  "identity_failed",
  "evaluator_failed",
  "pricing_failed",
  "ledger_failed",
  "store_failed",
  "receipt_log_failed",
  "signer_failed",
  "clock_went_back",
  "gate_closed",
]);

/** Whether the gate could not decide or not record, as opposed to having said no. */
export function isFailure(code: DecisionCode): boolean {
  return failures.has(code);
}

/**
 * Whether policy, budgets and prices had a say in a decision, by the code in its receipt: they are not asked where
 * something fails, who acts is refused, the run is stopped or the key is in use. A code of a later version is judged.
 */
export function isJudged(code: string): boolean {
  const known = decisionCodes.find((each) => each === code);
  if (known === undefined) return true;
  return !isFailure(known) && !["identity_denied", "run_stopped", "idempotency_conflict"].includes(known);
}

/** Why a key cannot be used: what the ledger says of it, or its attempt is under way in another process. */
export type KeyConflict = ReserveConflict | "under_way";

/** The gate's answer to one action. */
export interface Decision {
  /** What the caller must do. In shadow mode always `allow`; see `shadow` for what it would have been. */
  readonly outcome: Outcome;
  readonly code: DecisionCode;
  /** True when the run is stopped: every later action of it is denied. */
  readonly terminal: boolean;
  /** Why, in words for a person. */
  readonly reason: string;
  /** The rules and budgets that made the outcome. */
  readonly rules: readonly string[];
  /** The action as enforced: what must really be sent. */
  readonly action: Action;
  /** True when a degrade changed the action. */
  readonly rewritten: boolean;
  /** What is held for it; empty unless it was let through. */
  readonly claims: readonly Claim[];
  /** Where the claimed balances stand, in the order of `claims`. */
  readonly balances: readonly Balance[];
  /** The signed record, or null where none could be written. */
  readonly receipt: Receipt | null;
  /** What lets the call through and ends it; null unless the outcome is `allow` or `degrade`. */
  readonly permit: Permit | null;
  /** The open request, when the outcome is `require_approval`. */
  readonly approval: Approval | null;
  /** What the model gets instead of a result, when the outcome is `skip`. */
  readonly result?: JsonValue;
  /** In shadow mode: what would have been decided. */
  readonly shadow?: { readonly outcome: Outcome; readonly code: DecisionCode; readonly reason: string };
  /** Why the key cannot be used, when the code is `idempotency_conflict`. */
  readonly conflict?: KeyConflict;
  /** What failed, where the gate could not decide. */
  readonly cause?: unknown;
}
