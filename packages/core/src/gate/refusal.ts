import { given } from "../codec/given.ts";
import type { JsonObject } from "../codec/json.ts";
import {
  ActionDenied,
  ApprovalRequired,
  findDenial,
  GateUnavailable,
  IdempotencyConflict,
  type Refusal,
  type RefusedError,
} from "../errors.ts";
import { type Decision, isFailure } from "./decision.ts";

/**
 * The error that refuses a decision's action: ActionDenied (also for a skip), ApprovalRequired,
 * GateUnavailable or IdempotencyConflict.
 */
export function toRefusal(decision: Decision): RefusedError {
  const refusal: Refusal = {
    reasonCode: decision.code,
    reason: decision.reason,
    terminal: decision.terminal,
    receiptId: decision.receipt?.body.id ?? null,
    action: { kind: decision.action.kind, name: decision.action.name },
  };
  const options = given({ cause: decision.cause });
  if (decision.approval !== null && decision.outcome === "require_approval") {
    return new ApprovalRequired(decision.approval.id, refusal, options);
  }
  if (decision.code === "idempotency_conflict") return new IdempotencyConflict(refusal, options);
  if (isFailure(decision.code)) return new GateUnavailable(refusal, options);
  return new ActionDenied(refusal, options);
}

/** The refusal of a permitted attempt that somebody else has begun already. */
export function alreadyBegun(decision: Decision): IdempotencyConflict {
  const { refusal } = toRefusal(decision);
  const reason = "the same attempt is already under way";
  return new IdempotencyConflict({ ...refusal, reasonCode: "idempotency_conflict", reason });
}

/**
 * What a model is told of a refusal, the same in every framework: a plain object, never prompts or arguments.
 *
 * `tollgate` is `denied`, `skipped`, `approval_required` or `unavailable`.
 */
export function denialPayload(refused: Decision | RefusedError): JsonObject {
  const error = findDenial(refused) ?? toRefusal(refused as Decision);
  const { reasonCode, reason, terminal, receiptId } = error.refusal;
  return {
    tollgate: wordOf(error),
    code: reasonCode,
    reason,
    terminal,
    receipt: receiptId,
    ...(error.code === "approval_required" ? { approval: (error as ApprovalRequired).approvalId } : {}),
  };
}

function wordOf(error: RefusedError): string {
  if (error.code === "approval_required") return "approval_required";
  if (error.code === "gate_unavailable") return "unavailable";
  return error.refusal.reasonCode === "skipped" ? "skipped" : "denied";
}
