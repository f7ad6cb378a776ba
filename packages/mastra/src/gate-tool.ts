import type { Gate, Run } from "@tollgate/core";
import { beginTool, decideFor, enforcedInput, resolveRun, runTool, toolAnswer } from "@tollgate/core/adapter";
import { isMarked, mark } from "./gated-mark.ts";
import { type GateToolHooksOptions, toToolAction } from "./tool-calls.ts";

/** How a tool is gated. */
export type GateToolOptions = Pick<GateToolHooksOptions, "actions">;

type Execute = (input: unknown, context?: unknown) => unknown;

/**
 * The same tool, which runs only if the gate lets this very call through: for tools that Mastra runs past an
 * agent's hooks, such as a tool that is made into a step of a workflow.
 *
 * A call that a model has asked for and that is refused answers the denial payload; a refused call by code, such
 * as that of a step, throws. The tools of an agent are gated by `gateAgent` or `gateToolHooks` without it.
 */
export function gateTool<Gated extends object>(
  tool: Gated,
  gateOrRun: Gate | Run,
  options: GateToolOptions = {},
): Gated {
  return gatedTool(tool, nameOf(tool), () => resolveRun(gateOrRun), options);
}

/** A tool whose calls belong to the run of the moment; one without code to run, or gated already, stays as it is. */
export function gatedTool<Gated extends object>(
  tool: Gated,
  name: string,
  runNow: () => Run,
  options: GateToolOptions,
): Gated {
  const { gate } = runNow();
  const execute: unknown = Reflect.get(tool, "execute");
  if (typeof execute !== "function" || isMarked(tool, gate)) return tool;
  const gated: Execute = async (input, context) => {
    const action = toToolAction(name, input, options);
    const decision = await decideFor(runNow(), action, { accepts: ["params"] });
    if (decision.permit === null && (isByModel(context) || decision.outcome === "skip"))
      return toolAnswer(decision);
    const permit = beginTool(decision);
    return await runTool(permit, () =>
      Reflect.apply(execute, tool, [enforcedInput(permit, action), context]),
    );
  };
  const copy: Gated = Object.create(Object.getPrototypeOf(tool), Object.getOwnPropertyDescriptors(tool));
  Object.defineProperty(copy, "execute", {
    value: gated,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return mark(copy, gate);
}

function nameOf(tool: object): string {
  const id: unknown = Reflect.get(tool, "id");
  return typeof id === "string" ? id : "tool";
}

/** Whether a model has asked for a call: such calls come with an id. */
function isByModel(context: unknown): boolean {
  const { toolCallId, agent } = Object(context);
  return toolCallId !== undefined || agent !== undefined;
}
