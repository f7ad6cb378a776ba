import type { StructuredToolInterface } from "@langchain/core/tools";
import type { Gate, Permit, Run } from "@tollgate/core";
import { decideFor, toRefusal } from "@tollgate/core/adapter";
import {
  type AskedCall,
  beginTool,
  endThrown,
  endTool,
  enforcedArgs,
  gatedTool,
  refusedMessage,
  type ToolAction,
  toToolAction,
} from "./gated-tool.ts";
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
    return await run(permit, () => execute(enforcedArgs(permit, action), runManager, config));
  };

  const gated: Gated = Object.create(tool);
  Object.defineProperty(gated, "_call", { value: call, enumerable: true, configurable: true });
  Object.defineProperty(gated, gatedTool, { value: { gateOrRun, tool } });
  return gated;
}

async function run(permit: Permit, execute: () => unknown): Promise<unknown> {
  try {
    const result = await permit.run.gate.withRun(permit.run, execute);
    if (isGenerator(result)) return generate(permit, result);
    await endTool(permit);
    return result;
  } catch (error) {
    await endThrown(permit, error);
    throw error;
  }
}

/** LangChain streams what a generator yields, so it stays one; it has ended when it was read to its end. */
async function* generate(permit: Permit, parts: AsyncGenerator): AsyncGenerator {
  try {
    for (;;) {
      // Each step anew: a generator runs in the context of whoever asks for its next value.
      const next = await permit.run.gate.withRun(permit.run, () => parts.next());
      if (next.done === true) return next.value;
      yield next.value;
    }
  } finally {
    await parts.return(undefined);
    await endTool(permit);
  }
}

function isGenerator(value: unknown): value is AsyncGenerator {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value && "next" in value;
}

function toolCallId(config: unknown): string | undefined {
  if (typeof config !== "object" || config === null || !("toolCall" in config)) return undefined;
  const { id } = (config.toolCall ?? {}) as { id?: unknown };
  return typeof id === "string" ? id : undefined;
}
