/** Statuses after which the provider may have done, and billed, the work all the same. */
const mayBeBilled: ReadonlySet<number> = new Set([408, 499, 504, 524]);

/** Network errors that come before any byte of the request has left: Node's, undici's, Bun's. */
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

/** How many causes of an error are looked at. */
const maxDepth = 8;

/**
 * Whether a failed provider call surely cost nothing, so that its money can go back.
 *
 * True for an error status of the provider, wherever its client keeps it, and for a request that did not go out.
 * Everything else (aborts, timeouts, cut connections, answers that could not be read) may have been billed and is
 * not free.
 */
export function isUnbilledError(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < maxDepth; at = at.cause, depth++) {
    const status = statusOf(at);
    if (status !== null) return status >= 400 && !mayBeBilled.has(status);
    if ("code" in at && neverConnected.has(at.code)) return true;
  }
  return false;
}

/** Clients keep an HTTP status in `status`, `statusCode`, `response.status`, or (AWS) `$metadata.httpStatusCode`. */
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
