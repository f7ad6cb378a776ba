import type { ActionInput } from "../action/action.ts";
import type { Awaitable } from "../awaitable.ts";
import type { Decision } from "./decision.ts";
import type { DecideOptions, Gate } from "./gate.ts";
import { decideFor } from "./gate-budget.ts";
import type { Permit } from "./permit.ts";
import { alreadyBegun, toRefusal } from "./refusal.ts";
import type { Run } from "./run.ts";

/** How a call that is refused, skipped or fails is ended. */
export interface GuardOpenOptions<T> extends DecideOptions {
  /** Whether a failed call surely costs nothing, so that its money goes back. @default () => false */
  readonly unbilled?: (error: unknown) => boolean;
  /** What to answer for a skipped action. @default ActionDenied is thrown */
  readonly skipped?: (decision: Decision) => Awaitable<T>;
}

/**
 * Opens a call that goes on after it has answered, such as a stream: like `guard`, but a call that was opened
 * is left to whoever ends its permit, by `guardStream` as a rule.
 *
 * When `open` throws, the money is settled as estimated, or released where `unbilled` says so.
 *
 * @throws ActionDenied, ApprovalRequired, GateUnavailable, IdempotencyConflict, InvalidAction; nothing was
 *   opened then.
 */
export async function guardOpen<T>(
  gateOrRun: Gate | Run,
  action: ActionInput,
  open: (permit: Permit) => Awaitable<T>,
  options: GuardOpenOptions<T> = {},
): Promise<T> {
  const { unbilled, skipped, ...decideOptions } = options;
  const decision = await decideFor(gateOrRun, action, decideOptions);
  if (decision.outcome === "skip" && skipped !== undefined) return skipped(decision);
  const { permit } = decision;
  if (permit === null) throw toRefusal(decision);
  if (!permit.begin()) throw alreadyBegun(decision);
  permit.hold();
  try {
    return await open(permit);
  } catch (error) {
    const ending = isUnbilled(unbilled, error) ? permit.release("the call failed unbilled") : permit.settle();
    // The gate reports an ending that failed and tries it again; the caller gets what went wrong first.
    await ending.catch(() => undefined);
    throw error;
  }
}

function isUnbilled(unbilled: ((error: unknown) => boolean) | undefined, error: unknown): boolean {
  try {
    return unbilled?.(error) === true;
  } catch {
    // Who cannot tell does not know that it was free.
    return false;
  }
}
