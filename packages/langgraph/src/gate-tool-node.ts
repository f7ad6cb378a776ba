import { isBaseMessage, ToolMessage } from "@langchain/core/messages";
import type { ToolCall } from "@langchain/core/messages/tool";
import {
  type Command,
  getConfig,
  isGraphBubbleUp,
  type LangGraphRunnableConfig,
  task,
} from "@langchain/langgraph";
import { ToolNode, type ToolNodeOptions } from "@langchain/langgraph/prebuilt";
import { findDenial, type Gate, type RefusedError, type Run } from "@tollgate/core";
import { denialPayload, enforcedInput, type ToolAction, toolAnswer, toRefusal } from "@tollgate/core/adapter";
import type { ApprovalOptions } from "./ask-approval.ts";
import { type Decided, GatedCalls } from "./gated-calls.ts";
import { withDenials } from "./to-denial.ts";

/** How the tools of a node are gated. */
export interface GateToolNodeOptions extends ToolNodeOptions, ApprovalOptions {
  /** What a call of a tool costs or needs, by the tool's name: fixed, or worked out from its arguments. */
  readonly actions?: Readonly<
    Record<string, ToolAction | ((args: Readonly<Record<string, unknown>>) => ToolAction)>
  >;
}

/** The tools that a tool node takes. */
export type NodeTools = ConstructorParameters<typeof ToolNode>[0];

/**
 * A ToolNode each of whose calls runs only if the gate lets it through, and only once: a call has its own task,
 * so that one that waits for approval does not have its siblings run again.
 *
 * A denied call's ToolMessage tells the model who refused and why; a skipped one's is the rule's result. What
 * stops the run, what the gate cannot decide and what somebody else is about to do is thrown out of the node.
 */
export function gateToolNode(
  tools: NodeTools,
  gateOrRun: Gate | Run,
  options: GateToolNodeOptions = {},
): ToolNode {
  return new GatedToolNode(tools, gateOrRun, options);
}

type Answer = ToolMessage | Command;

class GatedToolNode extends ToolNode {
  readonly #calls: GatedCalls<Answer>;
  readonly #actions: NonNullable<GateToolNodeOptions["actions"]>;
  readonly #tellsErrors: boolean;
  /** What an execution of the node was given. */
  readonly #inputs = new WeakMap<object, object>();

  constructor(tools: NodeTools, gateOrRun: Gate | Run, options: GateToolNodeOptions) {
    const { actions, approvals: _approvals, approvedBy: _approvedBy, ...rest } = options;
    // Else every error, and so every stop, would become a message to the model.
    super(tools, { ...rest, handleToolErrors: false });
    this.#calls = new GatedCalls(gateOrRun, { ...options, accepts: ["params"], usage: () => undefined });
    this.#actions = actions ?? {};
    this.#tellsErrors = options.handleToolErrors ?? true;
  }

  protected override run(input: unknown, config: LangGraphRunnableConfig): ReturnType<ToolNode["run"]> {
    if (typeof input === "object" && input !== null) this.#inputs.set(config, input);
    return super.run(lastTurnOf(input), config);
  }

  protected override async runTool(
    call: ToolCall,
    config: LangGraphRunnableConfig,
    turn: unknown,
  ): Promise<Answer> {
    const input = this.#inputs.get(config);
    // A call that was sent comes with a state of its own.
    const state = input === undefined || isSent(input) ? turn : input;
    if (typeof config.configurable?.__pregel_call !== "function") {
      return this.#gated(call, config, state);
    }
    return task(call.name, () => this.#gated(call, getConfig(), state))();
  }

  async #gated(call: ToolCall, config: LangGraphRunnableConfig, state: unknown): Promise<Answer> {
    try {
      return await withDenials(async () => {
        if (!this.tools.some(({ name }) => name === call.name))
          throw new Error(`Tool "${call.name}" not found.`);
        const action = this.#actionOf(call);
        const decided = await this.#calls.decide(action, config);
        const { outcome } = decided.decision;
        if (outcome === "skip") return toolMessage(call, toolAnswer(decided.decision), "success");
        if (outcome === "deny" || outcome === "require_approval") throw toRefusal(decided.decision);
        return await this.#run(call, decided, config, state);
      });
    } catch (error) {
      const refused = findDenial(error);
      if (refused !== null && isForModel(refused)) return toolMessage(call, denialPayload(refused), "error");
      if (refused !== null || isGraphBubbleUp(error) || !this.#tellsErrors) throw error;
      const message = error instanceof Error ? error.message : String(error);
      return toolMessage(call, `Error: ${message}\n Please fix your mistakes.`, "error");
    }
  }

  #run(call: ToolCall, decided: Decided, config: LangGraphRunnableConfig, state: unknown): Promise<Answer> {
    return this.#calls.perform(decided, config, (permit) => {
      const args = enforcedInput(permit, decided.action) as ToolCall["args"];
      return super.runTool({ ...call, args }, config, state);
    });
  }

  #actionOf({ name, args }: ToolCall): Parameters<GatedCalls<Answer>["decide"]>[0] {
    const action = Object.hasOwn(this.#actions, name) ? this.#actions[name] : undefined;
    return { kind: "tool", name, params: args, ...(typeof action === "function" ? action(args) : action) };
  }
}

/**
 * The input without what came before the last turn: LangGraph takes a call for answered when any earlier message
 * answers its id, and some providers call every tool `call_1`.
 */
function lastTurnOf(input: unknown): unknown {
  const messages = Array.isArray(input) ? input : isTurn(input) ? input.messages : null;
  const last = messages?.findLastIndex((message) => isBaseMessage(message) && message.type === "ai") ?? -1;
  if (messages === null || last <= 0) return input;
  return Array.isArray(input)
    ? messages.slice(last)
    : { ...(input as object), messages: messages.slice(last) };
}

function isTurn(input: unknown): input is { readonly messages: readonly unknown[] } {
  return typeof input === "object" && input !== null && "messages" in input && Array.isArray(input.messages);
}

/** Whether a node's input is one tool call that was sent to it. */
function isSent(input: unknown): boolean {
  return typeof input === "object" && input !== null && "lg_tool_call" in input;
}

/** Whether a refusal is something that the model can go on with. */
function isForModel(refused: RefusedError): boolean {
  return refused.code === "action_denied" && !refused.terminal;
}

function toolMessage({ name, id }: ToolCall, content: unknown, status: "success" | "error"): ToolMessage {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return new ToolMessage({ name, content: text, tool_call_id: id ?? "", status });
}
