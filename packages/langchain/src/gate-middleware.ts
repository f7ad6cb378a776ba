import { ToolMessage } from "@langchain/core/messages";
import { type ApprovalRequired, findDenial, type Gate, type Run } from "@tollgate/core";
import {
  beginTool,
  decideFor,
  enforcedInput,
  resolveRun,
  runTool,
  type ToolAction,
} from "@tollgate/core/adapter";
import {
  type AgentMiddleware,
  createMiddleware,
  type WrapModelCallHook,
  type WrapToolCallHook,
} from "langchain";
import { type ApprovalOptions, askApproval, canAsk } from "./ask-approval.ts";
import type { GateModelOptions } from "./enforce-call.ts";
import { gateRequestModel } from "./gate-request-model.ts";
import { type AskedCall, gatedToolOf, isPause, refusedMessage, toToolAction } from "./gated-tool.ts";
import { middlewareName, Outermost } from "./outermost.ts";
import { asFinal } from "./to-denial.ts";

/** How an agent is gated. */
export interface GateMiddlewareOptions extends GateModelOptions, ApprovalOptions {
  /** What a call of a tool costs or needs, by the tool's name: fixed, or worked out from its arguments. */
  readonly actions?: Readonly<Record<string, ToolAction | ((args: unknown) => ToolAction)>>;
  /**
   * What becomes of an error that a tool throws: the model is told of it, as in an agent without middleware, or
   * the agent ends with it.
   *
   * @default "message"
   */
  readonly toolErrors?: "message" | "throw";
}

type ModelHook = WrapModelCallHook<undefined, unknown>;
type ToolHook = WrapToolCallHook<undefined, unknown>;

/**
 * Middleware for `createAgent` that lets no model call and no tool call of the agent out unless the gate does.
 *
 * It has to come first in the list. Model calls go out as enforced (see `gateModel`), each attempt of a retry
 * further in decided anew; a refused one ends the agent with an error in which `findDenial` finds the gate's.
 * A refused tool call does not run and the model is told so in a ToolMessage; one that stops the run ends the
 * agent. What needs approval interrupts an agent that has a checkpointer, until it is resumed with an
 * `answerApproval`. Models inside of tools belong to the same run.
 */
export function gateMiddleware(
  gateOrRun: Gate | Run,
  options: GateMiddlewareOptions = {},
): AgentMiddleware<undefined, undefined, unknown, readonly [], readonly []> {
  const outermost = new Outermost();
  /** Calls whose tools have paused the agent by themselves: their approval still stands when they go on. */
  const paused = new Set<string>();

  const wrapModelCall: ModelHook = async (request, handler) => {
    const { runtime } = request;
    outermost.enter(runtime, "model");
    for (;;) {
      const refused = Promise.withResolvers<never>();
      // A retry further in may swallow the refusal: it is told here as it happens.
      refused.promise.catch(() => undefined);
      const watch = (error: unknown) => {
        if (findDenial(error) !== null) refused.reject(error);
      };
      const model = await gateRequestModel(request.model, gateOrRun, options, watch);
      try {
        const { run } = at(gateOrRun);
        const answer = run.gate.withRun(run, async () => handler({ ...request, model }));
        return await Promise.race([answer, refused.promise]);
      } catch (error) {
        const refusal = findDenial(error);
        if (refusal?.code !== "approval_required" || !canAsk(runtime, options)) throw error;
        const { approvalId } = refusal as ApprovalRequired;
        const { run } = at(gateOrRun);
        const approval = await run.gate.approvals.get(approvalId);
        if (approval === null) throw error;
        await askApproval(run.gate, approval, "model", runtime, options);
      }
    }
  };

  const wrapToolCall: ToolHook = async (request, handler) => {
    const { runtime, toolCall } = request;
    outermost.enter(runtime, toolCall.id ?? toolCall);
    const asked: AskedCall = { name: toolCall.name, args: toolCall.args, id: toolCall.id };
    const action = toToolAction(asked, describe(asked));
    const { run } = at(gateOrRun);
    const call = `tool/${toolCall.id}`;
    const identity = `${String(runtime.configurable?.__pregel_task_id)}/${call}`;
    for (;;) {
      const decision = await decideFor(run, action, { accepts: ["params"] });
      if (decision.approval !== null && decision.permit === null && canAsk(runtime, options)) {
        await askApproval(run.gate, decision.approval, call, runtime, options, paused.has(identity));
        continue;
      }
      if (decision.permit === null) return refusedMessage(asked, decision);
      const permit = beginTool(decision);
      const args = enforcedInput(permit, action) as typeof toolCall.args;
      // A tool that the same gate has gated is decided here already.
      const mark = gatedToolOf(request.tool);
      const isOurs = mark !== null && resolveRun(mark.gateOrRun).gate === run.gate;
      const tool = isOurs ? (mark.tool as typeof request.tool) : request.tool;
      try {
        const execute = async () => handler({ ...request, tool, toolCall: { ...toolCall, args } });
        const result = await runTool(permit, execute, isPause);
        paused.delete(identity);
        return result;
      } catch (error) {
        if (isPause(error)) paused.add(identity);
        else paused.delete(identity);
        throw error;
      }
    }
  };

  const describe = ({ name, args }: AskedCall): ToolAction | undefined => {
    const { actions = {} } = options;
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    return typeof action === "function" ? action(args) : action;
  };

  return createMiddleware({
    name: middlewareName,
    async wrapModelCall(request, handler) {
      try {
        return await wrapModelCall(request, handler);
      } catch (error) {
        throw asFinal(error);
      }
    },
    async wrapToolCall(request, handler) {
      try {
        return await wrapToolCall(request, handler);
      } catch (error) {
        if (!isForModel(error, request.runtime.signal, options)) throw asFinal(error);
        // What an agent without middleware tells its model.
        return new ToolMessage({
          content: `${error}\n Please fix your mistakes.`,
          tool_call_id: request.toolCall.id ?? "",
          name: request.toolCall.name,
          status: "error",
        });
      }
    },
    afterAgent() {
      outermost.check();
    },
  });
}

/** The run that a call belongs to now. */
function at(gateOrRun: Gate | Run): { readonly run: Run } {
  return { run: resolveRun(gateOrRun) };
}

/** Whether an error of a tool is the model's to go on from. */
function isForModel(
  error: unknown,
  signal: AbortSignal | undefined,
  { toolErrors = "message" }: GateMiddlewareOptions,
): boolean {
  if (toolErrors === "throw" || isPause(error) || signal?.aborted === true) return false;
  const { name, "~brand": brand } = Object(error) as { name?: unknown; "~brand"?: unknown };
  // Wrong arguments: LangChain itself tells the model of those.
  if (brand === "ToolInvocationError" || name === "InvalidConfig") return false;
  return findDenial(error)?.terminal !== true;
}
