import type { Gate, RefusedError, Run } from "@tollgate/core";
import { beginTool, decideFor, enforcedInput, resolveRun, toRefusal } from "@tollgate/core/adapter";
import { isMarked, mark } from "./gated-mark.ts";
import { OpenCall } from "./open-call.ts";
import { type GateToolHooksOptions, toToolAction } from "./tool-calls.ts";

/** How a tool is gated. */
export type GateToolOptions = Pick<GateToolHooksOptions, "actions">;

type Execute = (input: unknown, context?: unknown) => unknown;

/** What becomes of a refused call: an answer in the tool's stead, or something thrown. */
export type Refusing = (refusal: RefusedError) => unknown;

/**
 * The same tool, which runs only if the gate lets this very call through: for tools that run without an agent,
 * such as one that is made into a step of a workflow. A refused call throws; the step fails.
 *
 * The tools of an agent are gated by `gateAgent` or `gateToolHooks` without it.
 */
export function gateTool<Gated extends object>(
  tool: Gated,
  gateOrRun: Gate | Run,
  options: GateToolOptions = {},
): Gated {
  const id: unknown = Reflect.get(tool, "id");
  const refuse = (refusal: RefusedError): never => {
    throw refusal;
  };
  return gatedTool(tool, String(id), () => resolveRun(gateOrRun), options, refuse);
}

/** A tool whose calls belong to the run of the moment; one without code to run, or gated already, stays as it is. */
export function gatedTool<Gated extends object>(
  tool: Gated,
  name: string,
  runNow: () => Run,
  options: GateToolOptions,
  refuse: Refusing,
): Gated {
  const { gate } = runNow();
  const execute: unknown = Reflect.get(tool, "execute");
  if (typeof execute !== "function" || isMarked(tool, gate)) return tool;
  const gated: Execute = async (input, context) => {
    const action = toToolAction(name, input, options);
    const decision = await decideFor(runNow(), action, { accepts: ["params"] });
    if (decision.outcome === "skip" && decision.result !== undefined) return decision.result;
    if (decision.permit === null) return refuse(toRefusal(decision));
    const permit = beginTool(decision);
    const { workflow, agent = {}, abortSignal } = Object(context);
    const open = new OpenCall(permit, workflow ?? agent, abortSignal);
    try {
      const run = () => Reflect.apply(execute, tool, [enforcedInput(permit, action), context]);
      return await gate.withRun(permit.run, run);
    } finally {
      await open.end();
    }
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
