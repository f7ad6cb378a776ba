import type { ActionInput } from "../action/action.ts";
import type { Decision } from "./decision.ts";
import type { DecideOptions, Gate } from "./gate.ts";
import type { Permit } from "./permit.ts";
import { toRefusal } from "./refusal.ts";
import type { Run } from "./run.ts";

/** Decides an action for a gate or a run: a run given as such wins over the options' and the context's. */
export function decideFor(
  gateOrRun: Gate | Run,
  action: ActionInput,
  options: DecideOptions = {},
): Promise<Decision> {
  if ("decide" in gateOrRun) return gateOrRun.decide(action, options);
  return gateOrRun.gate.decide(action, { ...options, run: gateOrRun });
}

/**
 * Asks for an action's budget and answers the permit to go ahead: send `permit.action`, then settle or release.
 *
 * @throws ActionDenied when it is denied or skipped, ApprovalRequired, GateUnavailable when no decision could
 *   be made or recorded, IdempotencyConflict when the key was used before, InvalidAction.
 */
export async function gateBudget(
  gateOrRun: Gate | Run,
  action: ActionInput,
  options?: DecideOptions,
): Promise<Permit> {
  const decision = await decideFor(gateOrRun, action, options);
  if (decision.permit === null) throw toRefusal(decision);
  return decision.permit;
}
