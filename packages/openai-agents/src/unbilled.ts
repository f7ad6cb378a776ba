import { UserError } from "@openai/agents";
import { TollgateError } from "@tollgate/core";
import { isUnbilledError } from "@tollgate/core/adapter";

/** Whether a failed call surely cost nothing: as for any provider, or because the SDK never sent it. */
export function isUnbilled(error: unknown): boolean {
  // Refused on the way, as for a degrade that cannot be applied; or asked for what its model does not do.
  return TollgateError.is(error) || error instanceof UserError || isUnbilledError(error);
}
