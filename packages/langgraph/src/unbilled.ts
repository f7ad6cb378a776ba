import { TollgateError } from "@tollgate/core";

/** Statuses after which the provider may have done, and billed, the work all the same. */
const mayBeBilled: ReadonlySet<number> = new Set([408, 499, 504, 524]);

/** Network errors that come before any byte of the request has left. */
const neverConnected: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/**
 * Whether a failed call surely cost nothing, so that its money goes back.
 *
 * True for an error status of the provider, as its client's error tells it, and for a request that did not go
 * out. Everything else (aborts, timeouts, interrupts, cut connections) may have been billed and is not free.
 */
export function isUnbilled(error: unknown): boolean {
  // What is refused inside the call says nothing of what the call had paid for before.
  if (TollgateError.is(error)) return false;
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if ("status" in at && typeof at.status === "number")
      return at.status >= 400 && !mayBeBilled.has(at.status);
    if ("code" in at && neverConnected.has(at.code)) return true;
  }
  return false;
}
