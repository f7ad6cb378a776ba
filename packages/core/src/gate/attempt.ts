import type { Action, PatchField } from "../action/action.ts";
import { given } from "../codec/given.ts";
import type { JsonValue } from "../codec/json.ts";
import type { Outcome } from "../evaluate/judgement.ts";
import type { IdentityRefusal } from "../identity/identity.ts";
import type { Exceeded } from "../ledger/ledger.ts";
import type { Approval } from "../oversight/approvals.ts";
import type { DecisionCode, KeyConflict } from "./decision.ts";
import type { Rules } from "./policy-in-force.ts";
import type { RunHandle } from "./run-handle.ts";

/** One attempt at an action, on its way through the gate. */
export interface Attempt {
  /** The id that its decision receipt and its reservation get. */
  readonly id: string;
  /** Its caller's, or its own id: a key that was made for it alone. */
  readonly key: string;
  readonly run: RunHandle;
  /** The action as asked for. */
  readonly action: Action;
  readonly digest: string;
  readonly paramsJson: string;
  readonly accepts: readonly PatchField[];
  /** Why whoever acts is not admitted; null when they are. */
  readonly refused: IdentityRefusal | null;
  /** The approvals used up for it: given back, and gone from here, when the attempt does not go through. */
  readonly claimed: Approval[];
  /** What it is judged and priced by, whatever becomes the policy meanwhile. */
  readonly rules: Rules;
  /** Which of its run's attempts it is, and how often this very action was asked for; 0 until it is decided. */
  step: number;
  repeats: number;
}

/** Why an attempt does not go through. */
export interface Finding {
  readonly outcome: Exclude<Outcome, "allow">;
  readonly code: DecisionCode;
  readonly reason: string;
  readonly rules: readonly string[];
  readonly terminal: boolean;
  readonly evaluators?: readonly string[];
  readonly result?: JsonValue;
  /** The limits that it did not fit into, where that is why. */
  readonly exceeded?: readonly Exceeded[];
  readonly approval?: { readonly approval: Approval; readonly isNew: boolean };
  /** Why its key could not be used, where that is why. */
  readonly conflict?: KeyConflict;
  /** What failed on the way, where the gate fails open. */
  readonly failure?: string;
  readonly cause?: unknown;
}

/** Whether something on the way is a refusal. */
export function isFinding(value: object): value is Finding {
  return "code" in value;
}

/** A deny of one rule, budget or part of the gate; more tells what it was made of. */
export function denied(
  code: DecisionCode,
  reason: string,
  more: Partial<Pick<Finding, "rules" | "terminal" | "evaluators" | "conflict" | "cause">> = {},
): Finding {
  const { rules = [], terminal = false, evaluators, conflict, cause } = more;
  return given({ outcome: "deny", code, reason, rules, terminal, evaluators, conflict, cause });
}
