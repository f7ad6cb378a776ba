import { TollgateError } from "../errors.ts";
import { isUnbilledError } from "../gate/unbilled-error.ts";

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

/** Whether a failed call surely cost nothing: as for any provider, or because the AI SDK never sent it. */
export function isUnbilledCall(error: unknown): boolean {
  // The call itself was refused on the way, by a gate further in or for a degrade that cannot be applied.
  if (TollgateError.is(error)) return true;
  return isUnbilledError(error) || wasNeverSent(error);
}

function wasNeverSent(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (neverSent.has(at.name)) return true;
  }
  return false;
}
