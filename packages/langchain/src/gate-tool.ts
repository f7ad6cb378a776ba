import type { StructuredToolInterface } from "@langchain/core/tools";
import type { Gate, Run } from "@tollgate/core";
import {
  beginTool,
  decideFor,
  enforcedInput,
  runTool,
  type ToolAction,
  toRefusal,
} from "@tollgate/core/adapter";
import { type AskedCall, gatedTool, isPause, refusedMessage, toToolAction } from "./gated-tool.ts";
import { asFinal } from "./to-denial.ts";

/** How a tool is gated. */
export interface GateToolOptions {
  /** What a call costs or needs, fixed or worked out from its arguments. */
  readonly action?: ToolAction | ((args: unknown) => ToolAction);
}

type Call = (args: unknown, runManager?: unknown, config?: unknown) => unknown;

/**
 * The same tool, which runs only if the gate lets this very call through.
 *
 * A call that a model made and that is refused answers the model with one denial payload, in a ToolMessage; a
 * refused call by code throws. A refusal that stops the run throws in any case. What the tool does inside
 * belongs to the same run. For the tools of an agent made by `createAgent`, `gateMiddleware` does the same
 * without it.
 */
export function gateTool<Gated extends StructuredToolInterface>(
  tool: Gated,
  gateOrRun: Gate | Run,
  options: GateToolOptions = {},
): Gated {
  const execute: Call = (...args) => Reflect.apply(Reflect.get(tool as object, "_call") as Call, tool, args);
  const describe = (args: unknown) =>
    typeof options.action === "function" ? options.action(args) : options.action;

  const call: Call = async (args, runManager, config) => {
    const asked: AskedCall = { name: tool.name, args, id: toolCallId(config) };
    const action = toToolAction(asked, describe(args));
    const decision = await decideFor(gateOrRun, action, { accepts: ["params"] });
    if (decision.permit === null && asked.id !== undefined) return refusedMessage(asked, decision);
    if (decision.permit === null) throw asFinal(toRefusal(decision));
    const permit = beginTool(decision);
    return await runTool(permit, () => execute(enforcedInput(permit, action), runManager, config), isPause);
  };

  const gated: Gated = Object.create(tool);
  Object.defineProperty(gated, "_call", { value: call, enumerable: true, configurable: true });
  Object.defineProperty(gated, gatedTool, { value: { gateOrRun, tool } });
  return gated;
}

function toolCallId(config: unknown): string | undefined {
  if (typeof config !== "object" || config === null || !("toolCall" in config)) return undefined;
  const { id } = (config.toolCall ?? {}) as { id?: unknown };
  return typeof id === "string" ? id : undefined;
}
