import { TollgateError } from "@tollgate/core";
import { APICallError } from "ai";

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

/** AI SDK errors that are thrown while the request is being made. */
const neverSent: ReadonlySet<unknown> = new Set([
  "AI_LoadAPIKeyError",
  "AI_LoadSettingError",
  "AI_InvalidArgumentError",
  "AI_InvalidPromptError",
  "AI_NoSuchModelError",
  "AI_TooManyEmbeddingValuesForCallError",
  "AI_UnsupportedFunctionalityError",
]);

/**
 * Whether a failed call surely cost nothing, so that its money goes back.
 *
 * True for an error status of the provider, and for a request that did not go out. Everything else (aborts,
 * timeouts, cut connections, answers that could not be read) may have been billed and is not free.
 */
export function isUnbilled(error: unknown): boolean {
  // The call itself was refused on the way, by a gate further in or for a degrade that cannot be applied.
  if (TollgateError.is(error)) return true;
  if (APICallError.isInstance(error) && error.statusCode !== undefined) {
    return error.statusCode >= 400 && !mayBeBilled.has(error.statusCode);
  }
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (neverSent.has(at.name)) return true;
    if ("code" in at && neverConnected.has(at.code)) return true;
  }
  return false;
}
