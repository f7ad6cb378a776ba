import { ToolMessage } from "@langchain/core/messages";
import type { ActionInput, Decision, Gate, Run } from "@tollgate/core";
import { type ToolAction, toolAnswer, toRefusal } from "@tollgate/core/adapter";

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

/**
 * What the model is told of a call that did not run: the rule's result for a skip, else one denial payload.
 *
 * @throws the refusal itself when it stops the run: that is not the model's to go on from
 */
export function refusedMessage(call: AskedCall, decision: Decision): ToolMessage {
  if (decision.terminal) throw toRefusal(decision);
  const isSkip = decision.outcome === "skip";
  const told = toolAnswer(decision);
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
