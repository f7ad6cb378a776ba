import { findDenial } from "@tollgate/core";

/**
 * The text of an error for an end user: a refusal says why, anything else stays the AI SDK's own mask.
 *
 * For `onError` of UI message streams, which else show "An error occurred." for a refusal too.
 */
export function toErrorMessage(error: unknown): string {
  return findDenial(error)?.message ?? "An error occurred.";
}
