import type { Gate, JsonObject, Permit, Run } from "@tollgate/core";
import {
  beginTool,
  enforcedInput,
  runTool,
  streamTool,
  type ToolAction,
  toolAnswer,
  withFinalRefusals,
} from "@tollgate/core/adapter";
import type { InferToolInput, Tool, ToolExecutionOptions, ToolSet } from "ai";
import { GatedTool, gatedTool } from "./gated-tool.ts";

/** How tools are gated. */
export interface GateToolsOptions<Tools extends ToolSet> {
  /** What a call of a tool costs or needs, by tool: fixed, or worked out from the input. */
  readonly actions?: {
    readonly [Name in keyof Tools]?: ToolAction | ((input: InputOf<Tools[Name]>) => ToolAction);
  };
}

/**
 * The same tools, each of which runs only if the gate lets this very call through.
 *
 * Types, schemas and streaming (generator) tools stay as they are. A refused call does not run: its error
 * goes to the model as the call's result, in one sentence that says who refused and why. A skipped call
 * answers the rule's result. A refusal that stops the run also stops the next model call.
 *
 * Tools without `execute` are left alone: those that the provider runs are decided by `gateModel` when they
 * are offered, those that a client runs are the client's to gate.
 */
export function gateTools<Tools extends ToolSet>(
  tools: Tools,
  gateOrRun: Gate | Run,
  options: GateToolsOptions<Tools> = {},
): Tools {
  const gated = Object.entries(tools).map(([name, tool]) => {
    const action: ToolAction | ((input: never) => ToolAction) = options.actions?.[name] ?? {};
    // The AI SDK has checked the input against the tool's own schema.
    const describe = (input: unknown) => (typeof action === "function" ? action(input as never) : action);
    return [name, gateTool(tool, new GatedTool(name, gateOrRun, describe))];
  });
  return Object.fromEntries(gated) as Tools;
}

type InputOf<Any> = Any extends Tool ? InferToolInput<Any> : unknown;
type AnyTool = ToolSet[string];
type Execute = (input: unknown, options: ToolExecutionOptions<unknown>) => unknown;

function gateTool(tool: AnyTool, gated: GatedTool): AnyTool {
  const { execute, toModelOutput } = tool;
  if (execute === undefined) return tool;
  const run: Execute = (input, options) => Reflect.apply(execute, tool, [input, options]);
  return {
    ...tool,
    [gatedTool]: gated,
    // The AI SDK streams what `execute` answers at once, so a generator has to stay one.
    execute: isGenerator(execute) ? generate(gated, run) : call(gated, run),
    ...(toModelOutput === undefined
      ? {}
      : {
          toModelOutput: (given: Parameters<typeof toModelOutput>[0]) =>
            isSkipPayload(given.output)
              ? { type: "json", value: given.output }
              : Reflect.apply(toModelOutput, tool, [given]),
        }),
  } as AnyTool;
}

function call(gated: GatedTool, execute: Execute): Execute {
  return (input, options) =>
    withFinalRefusals(async () => {
      const admitted = await admit(gated, input);
      if (admitted.permit === null) return admitted.result;
      const { permit, input: enforced } = admitted;
      return runTool(permit, async () => {
        const result = await execute(enforced, options);
        // An iterable that no generator function announced: its last value is the tool's result.
        return isAsyncIterable(result) ? await lastOf(result) : result;
      });
    });
}

function generate(gated: GatedTool, execute: Execute): Execute {
  return async function* (input, options) {
    const admitted = await withFinalRefusals(() => admit(gated, input));
    if (admitted.permit === null) {
      yield admitted.result;
      return;
    }
    const parts = execute(admitted.input, options) as AsyncIterable<unknown>;
    yield* streamTool(admitted.permit, parts[Symbol.asyncIterator]());
  };
}

type Admitted =
  | { readonly permit: Permit; readonly input: unknown }
  | { readonly permit: null; readonly result: unknown };

/** Lets a call through with the input that it is to run with, or answers what stands for its result. */
async function admit(gated: GatedTool, input: unknown): Promise<Admitted> {
  const decision = await gated.take(input);
  if (decision.outcome === "skip") return { permit: null, result: toolAnswer(decision) };
  const permit = beginTool(decision);
  return { permit, input: enforcedInput(permit, gated.action(input)) };
}

function isGenerator(execute: unknown): boolean {
  return Object.prototype.toString.call(execute) === "[object AsyncGeneratorFunction]";
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

async function lastOf(values: AsyncIterable<unknown>): Promise<unknown> {
  let last: unknown;
  for await (const value of values) last = value;
  return last;
}

/** Whether an output is what stands for a skipped call without a result, which no tool's own code knows. */
function isSkipPayload(output: unknown): output is JsonObject {
  return (
    typeof output === "object" && output !== null && "tollgate" in output && output.tollgate === "skipped"
  );
}
