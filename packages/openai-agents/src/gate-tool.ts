import type { FunctionTool, RunContext } from "@openai/agents";
import type { ActionInput, Approval, Awaitable, Decision, Gate, Run } from "@tollgate/core";
import { answerApproval, beginTool, enforcedInput, toRefusal } from "@tollgate/core/adapter";
import { gatedMark, gateOf, isGatedBy } from "./gated.ts";
import {
  type DescribedToolAction,
  decideTool,
  LeftDecisions,
  parseArguments,
  stillHolding,
  toldOf,
  toToolAction,
} from "./gated-tool.ts";
import { runAbortable } from "./run-abortable.ts";

/** How the gate's approvals relate to those of the SDK. */
export interface ApprovalOptions {
  /**
   * What becomes of a call that the gate wants approved: it interrupts the run, as the SDK's own `needsApproval`
   * does, or the model is told that it needs approval.
   *
   * @default "interrupt"
   */
  readonly approvals?: "interrupt" | "tell";
  /**
   * Who has approved what a RunState says is approved, for the receipt; null to take only what is granted at the
   * gate.
   *
   * @default "run-state": whoever resumes a run is believed
   */
  readonly approvedBy?: string | ((approval: Approval) => Awaitable<string | null>);
}

/** How a tool is gated. */
export interface GateToolOptions extends ApprovalOptions {
  /** What a call costs or needs. */
  readonly action?: DescribedToolAction;
}

/** How tools are gated. */
export interface GateToolsOptions extends ApprovalOptions {
  /** What a call costs or needs, by the tool's name. */
  readonly actions?: Readonly<Record<string, DescribedToolAction>>;
}

/** A function tool of any context, parameters and result. */
export interface GatableTool {
  readonly type: "function";
  readonly name: string;
  needsApproval(context: RunContext, input: unknown, callId?: string): Promise<boolean>;
  invoke(context: RunContext, input: string, details: ToolDetails): Promise<unknown>;
}

/** What the SDK tells a tool of its call. */
type ToolDetails = Parameters<FunctionTool["invoke"]>[2];

/**
 * The same tool, which runs only if the gate lets this very call through.
 *
 * The model is told of a refused call that it did not run, and why; a skipped call answers the rule's result. A
 * refusal that stops the run ends it with a ToolCallError. What the gate wants approved interrupts the run; a
 * RunState that is resumed, also in another process, runs the approved call once. What the tool does inside belongs
 * to the same run.
 *
 * An agent's tool is gated in place, for the SDK knows its agent by it; other tools are left as they were.
 *
 * @throws TypeError for a tool that is gated by another gate or run
 */
export function gateTool<Gated extends GatableTool>(
  tool: Gated,
  gateOrRun: Gate | Run,
  options: GateToolOptions = {},
): Gated {
  if (isGatedBy(tool, gateOrRun, `tool "${tool.name}"`)) return tool;
  const { invoke, needsApproval } = tool;
  const isAgent = "on" in tool;
  const left = new LeftDecisions();

  const gated: Pick<GatableTool, "invoke"> = {
    async invoke(context, input, details) {
      const asked = toToolAction(tool.name, parseArguments(input), options.action);
      const decision =
        (await stillHolding(left.take(context, details?.toolCall?.callId, asked.params))) ??
        (await decideCall(gateOrRun, asked, approvedCall(tool.name, context, details), options));
      if (decision.permit === null) return endingRun(context, () => toldOf(decision));
      const permit = beginTool(decision);
      const enforced = decision.rewritten ? JSON.stringify(enforcedInput(permit, asked)) : input;
      const execute = async () => {
        const result: unknown = await Reflect.apply(invoke, tool, [context, enforced, details]);
        const ending = isAgent ? endingOf(context) : undefined;
        if (ending !== undefined) throw ending;
        return result;
      };
      // What an agent did before it was ended is booked with its own calls.
      return runAbortable(
        permit,
        details?.signal,
        execute,
        (error) => isAgent && error === endingOf(context),
      );
    },
  };
  const asking: Pick<GatableTool, "needsApproval"> = {
    async needsApproval(context, input, callId) {
      if (await Reflect.apply(needsApproval, tool, [context, input, callId])) return true;
      const decision = await decideTool(gateOrRun, toToolAction(tool.name, input, options.action));
      if (decision.outcome === "require_approval") return true;
      left.leave(context, callId, input, decision);
      return false;
    },
  };
  const target = isAgent ? tool : { ...tool };
  Object.defineProperty(target, gatedMark, { value: gateOrRun, enumerable: true });
  return Object.assign(target, gated, options.approvals === "tell" ? {} : asking);
}

/**
 * The same tools, each gated as by {@link gateTool}. Hosted tools are left as they are: a gated model decides them
 * when it offers them.
 *
 * @throws TypeError for tools that run here and are none of functions (computer, shell, apply_patch)
 */
export function gateTools<Gated extends { readonly type: string; readonly name: string }>(
  tools: readonly Gated[],
  gateOrRun: Gate | Run,
  { actions = {}, ...options }: GateToolsOptions = {},
): Gated[] {
  return tools.map((tool) => {
    if (isFunctionTool(tool)) {
      const action = actions[tool.name];
      return gateTool(tool, gateOrRun, action === undefined ? options : { ...options, action });
    }
    if (runsHere(tool)) {
      throw new TypeError(
        `gateTools cannot gate the ${tool.type} tool "${tool.name}", which runs here: guard what it does inside, and add it to the agent's tools beside those that are gated`,
      );
    }
    return tool;
  });
}

/**
 * Decides a call that is about to run. One that the RunState says is approved is keyed by the model's own call, so
 * that the state can be resumed any number of times and the call is let through once.
 *
 * @throws ApprovalRequired when the approval is not accepted: once it is granted the same state can be resumed
 */
async function decideCall(
  gateOrRun: Gate | Run,
  asked: ActionInput,
  call: string | null,
  { approvedBy = "run-state" }: ApprovalOptions,
): Promise<Decision> {
  if (call === null) return decideTool(gateOrRun, asked);
  const keyed = { ...asked, key: call };
  const decision = await decideTool(gateOrRun, keyed);
  const { approval } = decision;
  if (approval === null || decision.permit !== null) return decision;
  const by = typeof approvedBy === "function" ? await approvedBy(approval) : approvedBy;
  if (by === null) throw toRefusal(decision);
  await answerApproval(gateOf(gateOrRun), approval, { approved: true, by });
  const answered = await decideTool(gateOrRun, keyed);
  if (answered.code === "idempotency_conflict") {
    // The call was made before. What has just been granted for it must not be there for another one.
    const unused = await decideTool(gateOrRun, asked);
    await unused.permit?.release("the approval of a call that was made before");
  }
  if (answered.outcome === "require_approval") throw toRefusal(answered);
  return answered;
}

/** The identity of a call that somebody has approved in the SDK; null for one that nobody had to. */
function approvedCall(name: string, context: RunContext, details: ToolDetails): string | null {
  if (details?.toolCall === undefined) return null;
  const { callId, id = "", namespace } = details.toolCall;
  // How the SDK files the approvals of tools in a namespace; a deferred tool is in one of its own name.
  const scope = namespace === name ? ["deferred_top_level", name] : ["namespaced", namespace, name];
  const toolName = namespace === undefined ? name : JSON.stringify(scope);
  return context.isToolApproved({ toolName, callId }) === true ? `approved/${id}/${callId}` : null;
}

const endingMark: unique symbol = Symbol.for("tollgate.openai-agents.ending");

/** Runs `answer`, and keeps what it throws to end the runs of all agents that use this one as a tool. */
function endingRun<T>({ usage }: RunContext, answer: () => T): T {
  try {
    return answer();
  } catch (error) {
    // The SDK shares the usage between them, and only tells an agent's model what a tool of it has thrown.
    Object.defineProperty(usage, endingMark, { value: error, configurable: true });
    throw error;
  }
}

/** What has ended the run of an agent that was used as a tool, or undefined. */
function endingOf({ usage }: RunContext): unknown {
  return endingMark in usage ? usage[endingMark] : undefined;
}

function isFunctionTool<Any extends { readonly type: string }>(tool: Any): tool is Any & GatableTool {
  return tool.type === "function";
}

function runsHere(tool: {
  readonly type: string;
  readonly environment?: { readonly type?: unknown };
}): boolean {
  if (tool.type === "shell") return (tool.environment?.type ?? "local") === "local";
  return tool.type !== "hosted_tool";
}
