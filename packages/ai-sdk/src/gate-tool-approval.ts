import type { Approval, Awaitable } from "@tollgate/core";
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
   * messages grants the gate's approval that it answers, for the input that was asked about, once.
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
  { approvedBy }: GateToolApprovalOptions,
): SingleToolApprovalFunction<unknown, unknown, unknown> {
  return async (input, { toolCallId, messages, toolContext }): Promise<ToolApprovalStatus> => {
    const answered = findAnswered(messages, toolCallId);
    if (
      answered === null &&
      (await needsApproval(tool, input, { toolCallId, messages, context: toolContext }))
    ) {
      return "user-approval";
    }
    const claimed = answered?.approval ?? null;
    const known = claimed === null ? null : await gated.run.gate.approvals.get(claimed);
    if (claimed !== null && known?.status !== "pending" && known?.status !== "granted") {
      // Used up, run out or never asked for: deciding would only ask for another one.
      return { type: "denied", reason: `approval ${claimed} is ${known?.status ?? "not known"}` };
    }
    let decision = await gated.decide(input);
    if (known?.status === "pending" && decision.approval?.id === known.id && known.run === gated.run.id) {
      const by = typeof approvedBy === "function" ? await approvedBy(known) : (approvedBy ?? null);
      if (by !== null) {
        await gated.run.gate.approvals.grant(known.id, { by });
        decision = await gated.decide(input);
      }
    }
    switch (decision.outcome) {
      case "deny":
        return { type: "denied", reason: decision.reason };
      case "require_approval":
        // An id that the messages do not know yet is not told to them: they could claim it next time.
        return answered === null
          ? { type: "user-approval", reason: `${decision.reason} (approval ${decision.approval?.id})` }
          : { type: "denied", reason: `not approved as it is now: ${decision.reason}` };
      default:
        gated.leave(input, decision);
        return "not-applicable";
    }
  };
}

/**
 * What the messages say of a tool call's approval: null when they answer nothing, else the gate's approval
 * that was asked for, if it was the gate who asked.
 */
function findAnswered(
  messages: readonly ModelMessage[],
  toolCallId: string,
): { readonly approval: string | null } | null {
  const last = messages.at(-1);
  if (last?.role !== "tool") return null;
  const approved = new Set(
    last.content.flatMap((part) =>
      part.type === "tool-approval-response" && part.approved ? [part.approvalId] : [],
    ),
  );
  for (const { role, content } of messages) {
    if (role !== "assistant" || typeof content === "string") continue;
    for (const part of content) {
      if (part.type !== "tool-approval-request" || part.toolCallId !== toolCallId) continue;
      if (!approved.has(part.approvalId)) continue;
      return { approval: /\(approval ([^ ()]+)\)$/.exec(part.reason ?? "")?.[1] ?? null };
    }
  }
  return null;
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
