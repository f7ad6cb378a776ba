import type { ToolHooks } from "@mastra/core/tools";
import type { Gate, Run } from "@tollgate/core";
import { resolveRun } from "@tollgate/core/adapter";
import { type GateToolHooksOptions, ToolCalls } from "./tool-calls.ts";

/**
 * The `hooks` of an agent that let no tool call through unless the gate does: tools, toolsets, sub-agents and
 * workflows as tools.
 *
 * A denied call does not run and its result tells the model why; a skipped one's is the rule's result. What the
 * gate wants approved suspends the agent until it is resumed with `answerApproval`. A tool that suspends itself
 * is decided anew when it goes on, and is paid once.
 *
 * Mastra lets hooks given for one call replace those of the agent; `gateAgent` does not.
 */
export function gateToolHooks(
  gateOrRun: Gate | Run,
  options: GateToolHooksOptions = {},
): Required<Pick<ToolHooks, "beforeToolCall" | "afterToolCall">> {
  const calls = new ToolCalls(() => resolveRun(gateOrRun), options);
  return { beforeToolCall: calls.before, afterToolCall: calls.after };
}
