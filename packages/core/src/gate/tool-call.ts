import type { ActionInput } from "../action/action.ts";
import type { JsonValue } from "../codec/json.ts";
import { changedParams } from "./changed-params.ts";
import type { Decision } from "./decision.ts";
import type { Permit } from "./permit.ts";
import { alreadyBegun, denialPayload, toRefusal } from "./refusal.ts";

/** What makes a tool's call cost or need something, where the gate's prices and rules do not tell. */
export type ToolAction = Pick<ActionInput, "amounts" | "capability">;

/**
 * Takes a decided tool call's permit up, so that its money stays held until {@link endTool}.
 *
 * @throws what refuses the call, or IdempotencyConflict when it is under way already
 */
export function beginTool(decision: Decision): Permit {
  const { permit } = decision;
  if (permit === null) throw toRefusal(decision);
  if (!permit.begin()) throw alreadyBegun(decision);
  permit.hold();
  return permit;
}

/** The arguments to run a permitted tool call with: its own, or those that a degrade changed. */
export function enforcedInput(permit: Permit, asked: ActionInput): unknown {
  const changes = permit.decision.rewritten ? changedParams(asked, permit.action) : {};
  return Object.keys(changes).length === 0 ? asked.params : { ...(asked.params as object), ...changes };
}

/** Ends the permit of a tool that ran: it has cost what it costs, whether it worked or not. */
export async function endTool(permit: Permit): Promise<void> {
  // The gate reports an ending that failed and tries it again; the tool's result is not withheld for it.
  await permit.settle().catch(() => undefined);
}

/** Gives back the money of a tool that has only paused: it is decided anew when it runs again. */
export async function pauseTool(permit: Permit): Promise<void> {
  await permit.release("paused by its tool, which runs again").catch(() => undefined);
}

/** What stands for the result of a tool call that did not run: a skip's own result, else the denial payload. */
export function toolAnswer(decision: Decision): JsonValue {
  if (decision.outcome === "skip" && decision.result !== undefined) return decision.result;
  return denialPayload(decision);
}
