import { TollgateError } from "@tollgate/core";
import { isUnbilledError } from "@tollgate/core/adapter";

/** Whether a failed call surely cost nothing, as for any provider; interrupts and aborts may have been billed. */
export function isUnbilled(error: unknown): boolean {
  // What is refused inside the call says nothing of what the call had paid for before.
  return !TollgateError.is(error) && isUnbilledError(error);
}
