import { TollgateError } from "@tollgate/core";
import { isUnbilledError } from "@tollgate/core/adapter";

/** Whether a failed call surely cost nothing: as for any provider, or because it was refused on the way. */
export function isUnbilled(error: unknown): boolean {
  // The call itself was refused, by a gate further in or for a degrade that cannot be applied.
  return TollgateError.is(error) || isUnbilledError(error);
}
