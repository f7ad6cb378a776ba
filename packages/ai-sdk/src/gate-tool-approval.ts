import type { Approval, Awaitable, Decision } from "@tollgate/core";
import type {
  ModelMessage,
  SingleToolApprovalFunction,
  ToolApprovalConfiguration,
  ToolApprovalStatus,
  ToolSet,
} from "ai";
import { type GatedTool, gatedToolOf } from "./gated-tool.ts";

/** How approvals in the messages of the AI SDK relate to those of the gate. */
export interface GateToolApprovalOptions {
  /**
   * Who the approval responses in the messages come from, or null to accept none from this sender.
   *
   * Give it only where the messages come from somebody you have authenticated: with it a response in the
   * messages grants the gate's approval. It grants only what the gate has asked for before, and each
   * response only once.
   *
   * @default approvals are granted at the gate alone: `gate.approvals.grant(id, { by })`
   */
  readonly approvedBy?: string | ((approval: Approval) => Awaitable<string | null>);
}

/**
 * The `toolApproval` setting for gated tools: a call that the gate wants approved becomes the AI SDK's
 * `user-approval`, one that it denies is denied before it starts.
 *
 * On resume the gate decides again. Its approvals are bound to the run and to the exact input, and let one
 * call through: replayed messages, or messages with another input, run nothing.
 */
export function gateToolApproval<Tools extends ToolSet>(
  tools: Tools,
  options: GateToolApprovalOptions = {},
): ToolApprovalConfiguration<Tools, unknown> {
  const entries = Object.entries(tools).flatMap(([name, tool]) => {
    const gated = gatedToolOf(tool);
    return gated === null ? [] : [[name, approvalOf(gated, tool, options)]];
  });
  if (entries.length === 0) {
    throw new TypeError("gateToolApproval needs the tools that gateTools answered; none of these is gated");
  }
  return Object.fromEntries(entries);
}

function approvalOf(
  gated: GatedTool,
  tool: ToolSet[string],
  options: GateToolApprovalOptions,
): SingleToolApprovalFunction<unknown, unknown, unknown> {
  return async (input, { toolCallId, messages, toolContext }): Promise<ToolApprovalStatus> => {
    const response = findResponse(messages, toolCallId);
    if (
      response === null &&
      (await needsApproval(tool, input, { toolCallId, messages, context: toolContext }))
    ) {
      return "user-approval";
    }
    const decision =
      response === null ? await gated.decide(input) : await resume(gated, input, response, options);
    switch (decision.outcome) {
      case "deny":
        return { type: "denied", reason: decision.reason };
      case "require_approval": {
        const id = decision.approval?.id;
        return response === null
          ? { type: "user-approval", reason: `${decision.reason} (approval ${id})` }
          : { type: "denied", reason: `approval ${id} has not been granted: ${decision.reason}` };
      }
      default:
        gated.leave(input, decision);
        return "not-applicable";
    }
  };
}

/** Decides a call whose approval came back with the messages. */
async function resume(
  gated: GatedTool,
  input: unknown,
  response: string,
  { approvedBy }: GateToolApprovalOptions,
): Promise<Decision> {
  if (approvedBy === undefined) return gated.decide(input);
  const { gate, id: run } = gated.run;
  const reason = `AI SDK approval ${response}`;
  const before = await gate.approvals.list({ run, status: "all" });
  const decision = await gated.decide(input);
  const { approval } = decision;
  // Only what the gate had asked for before the messages came, and only once for each response.
  if (decision.outcome !== "require_approval" || approval === null) return decision;
  if (!before.some(({ id }) => id === approval.id)) return decision;
  if (before.some(({ answer }) => answer?.reason === reason)) return decision;
  const by = typeof approvedBy === "string" ? approvedBy : await approvedBy(approval);
  if (by === null) return decision;
  await gate.approvals.grant(approval.id, { by, reason });
  return gated.decide(input);
}

/** The id of the approval that the messages give to a tool call, or null when they give none. */
function findResponse(messages: readonly ModelMessage[], toolCallId: string): string | null {
  const requests = new Set(
    messages.flatMap((message) =>
      message.role !== "assistant" || typeof message.content === "string"
        ? []
        : message.content.flatMap((part) =>
            part.type === "tool-approval-request" && part.toolCallId === toolCallId ? [part.approvalId] : [],
          ),
    ),
  );
  const last = messages.at(-1);
  if (last?.role !== "tool") return null;
  const response = last.content.find(
    (part) => part.type === "tool-approval-response" && part.approved && requests.has(part.approvalId),
  );
  return response?.type === "tool-approval-response" ? response.approvalId : null;
}

/** The tool's own wish, which the AI SDK no longer asks about once there is a `toolApproval` for the tool. */
async function needsApproval(
  { needsApproval: needs }: ToolSet[string],
  input: unknown,
  options: { toolCallId: string; messages: ModelMessage[]; context: unknown },
): Promise<boolean> {
  return typeof needs === "function"
    ? await Reflect.apply(needs, undefined, [input, options])
    : needs === true;
}
