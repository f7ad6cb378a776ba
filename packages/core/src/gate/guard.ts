import type { ActionInput } from "../action/action.ts";
import type { Awaitable } from "../awaitable.ts";
import type { Gate } from "./gate.ts";
import { type GuardOpenOptions, guardOpen } from "./guard-open.ts";
import type { Permit, Used } from "./permit.ts";
import type { Run } from "./run.ts";

/** How {@link guard} ends the call that it guards. */
export interface GuardOptions<T> extends GuardOpenOptions<T> {
  /** Reads what the call used from its result; undefined means unknown: what was reserved is booked. */
  readonly usage?: (result: T) => Used | undefined;
}

/**
 * Does the whole life of one call: decides, keeps the reservation alive, calls, and settles or releases.
 *
 * `call` gets the permit: it must send `permit.action`. What `call` throws is thrown on, after its money is
 * settled as estimated, or released where `unbilled` says so.
 *
 * @throws ActionDenied, ApprovalRequired, GateUnavailable, IdempotencyConflict, InvalidAction; nothing was
 *   called then.
 */
export async function guard<T>(
  gateOrRun: Gate | Run,
  action: ActionInput,
  call: (permit: Permit) => Awaitable<T>,
  options: GuardOptions<T> = {},
): Promise<T> {
  const { usage, ...openOptions } = options;
  let opened: Permit | null = null;
  const open = (permit: Permit): Awaitable<T> => {
    opened = permit;
    return call(permit);
  };
  const result = await guardOpen(gateOrRun, action, open, openOptions);
  // The caller's result is worth more than the ledger's complaint: the gate reports it and tries again.
  await (opened as Permit | null)?.settle(readUsage(usage, result)).catch(() => undefined);
  return result;
}

function readUsage<T>(usage: ((result: T) => Used | undefined) | undefined, result: T): Used {
  try {
    return usage?.(result) ?? {};
  } catch {
    // Usage that cannot be read is unknown, never free.
    return {};
  }
}
