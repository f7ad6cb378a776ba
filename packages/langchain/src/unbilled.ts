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
  "ConnectionRefused",
  "FailedToOpenSocket",
]);

/**
 * Whether a failed call surely cost nothing, so that its money goes back.
 *
 * True for an error status of the provider, wherever its client keeps it, and for a request that did not go
 * out. Everything else (aborts, timeouts, cut connections, answers that could not be read) may have been
 * billed and is not free.
 */
export function isUnbilled(error: unknown): boolean {
  // The call itself was refused on the way, by a gate further in or for a degrade that cannot be applied.
  if (TollgateError.is(error)) return true;
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const status = statusOf(at);
    if (status !== null) return status >= 400 && !mayBeBilled.has(status);
    if ("code" in at && neverConnected.has(at.code)) return true;
  }
  return false;
}

/** Clients keep an HTTP status in `status`, in `response.status`, or (AWS) in `$metadata.httpStatusCode`. */
function statusOf(error: Error): number | null {
  const { status, statusCode, response, $metadata } = error as {
    status?: unknown;
    statusCode?: unknown;
    response?: { status?: unknown };
    $metadata?: { httpStatusCode?: unknown };
  };
  for (const told of [status, statusCode, response?.status, $metadata?.httpStatusCode]) {
    if (typeof told === "number") return told;
  }
  return null;
}
