/**
 * Every way in which Tollgate can refuse, as a closed set.
 *
 * - `invalid_config`: an option of createGate (or of a built-in) makes no sense; the message names the field.
 * - `invalid_action`: the caller's action cannot be judged as given.
 * - `action_denied`: policy, a budget, a stopped run or an approver said no.
 * - `approval_required`: somebody must approve first.
 * - `gate_unavailable`: no decision could be made or recorded; nothing may go through.
 * - `idempotency_conflict`: the key was used before, with another action or for an attempt that has ended.
 * - `verification_failed`: a receipt or a chain does not verify.
 * - `storage_failed`: a ledger or a receipt log could not do what it promises.
 */
export type ErrorCode =
  | "invalid_config"
  | "invalid_action"
  | "action_denied"
  | "approval_required"
  | "gate_unavailable"
  | "idempotency_conflict"
  | "verification_failed"
  | "storage_failed";

/** The brand on every Tollgate error; it survives two copies of the package in one process. */
const brand = Symbol.for("tollgate.error");

/** The base of all errors thrown by Tollgate; `code` is the closed set {@link ErrorCode}. */
export class TollgateError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "TollgateError";
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `value` is a TollgateError, of this copy of the package or another. */
  static is(value: unknown): value is TollgateError {
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** A bad option: thrown when a gate or one of its parts is made, before any action. */
export class InvalidConfig extends TollgateError {
  /** The path of the option that is wrong, for example `budgets[1].limit`. */
  readonly field: string;

  constructor(field: string, message: string, options?: { readonly cause?: unknown }) {
    super("invalid_config", `${field}: ${message}`, options);
    this.name = "InvalidConfig";
    this.field = field;
  }
}

/** An action that cannot be judged as given; nothing was reserved. */
export class InvalidAction extends TollgateError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("invalid_action", message, options);
    this.name = "InvalidAction";
  }
}

/** A ledger or receipt log that failed; the gate turns it into a denial. */
export class StorageFailed extends TollgateError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("storage_failed", message, options);
    this.name = "StorageFailed";
  }
}

/** A receipt, key or signature that does not verify. */
export class VerificationError extends TollgateError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("verification_failed", message, options);
    this.name = "VerificationError";
  }
}

/** What a refusal tells its catcher; the same shape for every framework. */
export interface Refusal {
  /** Why, as one of the gate's decision codes (see `DecisionCode`). */
  readonly reasonCode: string;
  /** Why, in words for a person. */
  readonly reason: string;
  /** True when the whole run is stopped: every later action of it is denied too. */
  readonly terminal: boolean;
  /** The id of the receipt that proves the decision, or null where none could be written. */
  readonly receiptId: string | null;
  readonly action: { readonly kind: string; readonly name: string };
}

/** A refusal thrown at the caller: base of the four classes that {@link findDenial} looks for. */
export class RefusedError extends TollgateError {
  readonly refusal: Refusal;

  /** `verdict` says what became of the action, in words that follow its name. */
  constructor(code: ErrorCode, verdict: string, refusal: Refusal, options?: { readonly cause?: unknown }) {
    super(code, `${refusal.action.kind} "${refusal.action.name}" ${verdict}: ${refusal.reason}`, options);
    this.name = "RefusedError";
    this.refusal = refusal;
  }

  get terminal(): boolean {
    return this.refusal.terminal;
  }
}

/** Policy, a budget, a stopped run or an approver said no. Do not retry. */
export class ActionDenied extends RefusedError {
  constructor(refusal: Refusal, options?: { readonly cause?: unknown }) {
    super("action_denied", "denied", refusal, options);
    this.name = "ActionDenied";
  }
}

/** Somebody has to approve this action; grant `approvalId` and make the same call again. */
export class ApprovalRequired extends RefusedError {
  readonly approvalId: string;

  constructor(approvalId: string, refusal: Refusal, options?: { readonly cause?: unknown }) {
    super("approval_required", `needs approval ${approvalId}`, refusal, options);
    this.name = "ApprovalRequired";
    this.approvalId = approvalId;
  }
}

/** The gate could not decide or could not record its decision, so nothing goes through. */
export class GateUnavailable extends RefusedError {
  constructor(refusal: Refusal, options?: { readonly cause?: unknown }) {
    super("gate_unavailable", "not let through", refusal, options);
    this.name = "GateUnavailable";
  }
}

/** The attempt's key was already used: for another action, or for an attempt that has ended. */
export class IdempotencyConflict extends RefusedError {
  constructor(refusal: Refusal, options?: { readonly cause?: unknown }) {
    super("idempotency_conflict", "not let through", refusal, options);
    this.name = "IdempotencyConflict";
  }
}

/**
 * Finds Tollgate's refusal inside whatever a framework made of it.
 *
 * Walks `cause`, `error`, `errors`, `lastError`, `tripwire` and `metadata`, breadth first, safe against cycles;
 * answers null when there is none. Works across copies of the package.
 */
export function findDenial(error: unknown): RefusedError | null {
  const seen = new Set<unknown>();
  const queue: unknown[] = [error];
  for (let value = queue.shift(); value !== undefined || queue.length > 0; value = queue.shift()) {
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (TollgateError.is(value) && "refusal" in value) return value as RefusedError;
    for (const link of ["cause", "error", "lastError", "tripwire", "metadata"] as const) {
      if (link in value) queue.push((value as Record<string, unknown>)[link]);
    }
    if ("errors" in value && Array.isArray(value.errors)) queue.push(...value.errors);
  }
  return null;
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
