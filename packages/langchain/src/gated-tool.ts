import { ToolMessage } from "@langchain/core/messages";
import type { ActionInput, Decision, Gate, Permit, Run } from "@tollgate/core";
import { changedParams, denialPayload, toRefusal } from "@tollgate/core/adapter";

/** What makes a tool's call cost or need something, where the gate's prices and rules do not tell. */
export type ToolAction = Pick<ActionInput, "amounts" | "capability">;

/** A call of a tool, as far as the gate is concerned. */
export interface AskedCall {
  readonly name: string;
  readonly args: unknown;
  /** The model's own id for the call, where a model made it. */
  readonly id: string | undefined;
}

/** A tool's call as an action. */
export function toToolAction({ name, args }: AskedCall, more: ToolAction = {}): ActionInput {
  return { kind: "tool", name, params: args, ...more };
}

/** The arguments to run a permitted call with: its own, or those that a degrade changed. */
export function enforcedArgs(permit: Permit, asked: ActionInput): unknown {
  if (!permit.decision.rewritten) return asked.params;
  return { ...(asked.params as object), ...changedParams(asked, permit.action) };
}

/**
 * Takes a decided call's permit up, so that its money stays held until {@link endTool}.
 *
 * @throws what refuses the call
 */
export function beginTool(decision: Decision): Permit {
  const { permit } = decision;
  if (permit === null || !permit.begin()) throw toRefusal(decision);
  permit.hold();
  return permit;
}

/** A tool that ran has cost what it costs, whether it worked or not. */
export async function endTool(permit: Permit): Promise<void> {
  // The gate reports an ending that failed and tries it again; the tool's result is not withheld for it.
  await permit.settle().catch(() => undefined);
}

/** Ends the permit of a tool that threw: one that has only paused is decided anew when it runs again. */
export async function endThrown(permit: Permit, error: unknown): Promise<void> {
  if (!isPause(error)) return endTool(permit);
  await permit.release("paused by its tool, which runs again").catch(() => undefined);
}

/**
 * What the model is told of a call that did not run: the rule's result for a skip, else one denial payload.
 *
 * @throws the refusal itself when it stops the run: that is not the model's to go on from
 */
export function refusedMessage(call: AskedCall, decision: Decision): ToolMessage {
  if (decision.terminal) throw toRefusal(decision);
  const isSkip = decision.outcome === "skip";
  const told = isSkip && decision.result !== undefined ? decision.result : denialPayload(decision);
  return new ToolMessage({
    content: typeof told === "string" ? told : JSON.stringify(told),
    status: isSkip ? "success" : "error",
    tool_call_id: call.id ?? "",
    name: call.name,
  });
}

/** Whether a tool has not failed but paused its graph, to be run again from its start. */
export function isPause(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "is_bubble_up" in error && error.is_bubble_up === true
  );
}

/** The gate and the original of a tool that `gateTool` has gated. */
export interface GatedToolMark {
  readonly gateOrRun: Gate | Run;
  readonly tool: unknown;
}

/** Where a gated tool carries its {@link GatedToolMark}; survives two copies of this package. */
export const gatedTool: symbol = Symbol.for("tollgate.langchain.tool");

/** What `gateTool` has left on a tool, or null when it is not gated. */
export function gatedToolOf(tool: unknown): GatedToolMark | null {
  if (typeof tool !== "object" || tool === null || !(gatedTool in tool)) return null;
  return tool[gatedTool as keyof typeof tool] as GatedToolMark;
}
