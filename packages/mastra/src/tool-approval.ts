import type { Approval, Awaitable } from "@tollgate/core";

/** What a tool call is suspended with when the gate wants it approved; for whoever shows it to a person. */
export interface ApprovalRequest {
  readonly tollgate: "approval_required";
  /** Names this very suspension; the answer has to repeat it. */
  readonly request: string;
  /** The gate's approval; a gate in another process asks anew, under another id. */
  readonly approval: string;
  /** Digest of the action that is to be approved. */
  readonly digest: string;
  readonly toolName: string;
  readonly toolCallId: string;
  readonly reason: string;
  /** Who may approve, such as a role; null when the rule does not say. */
  readonly approver: string | null;
  /** What the tool is to be resumed with, where it had suspended itself before. */
  readonly paused?: PausedTool;
}

/** Somebody's answer to an {@link ApprovalRequest}, as what the agent is resumed with. */
export interface ApprovalAnswer {
  readonly request: string;
  readonly approved: boolean;
  /** Who says so. */
  readonly by: string;
  readonly reason?: string;
}

/** How approvals of tool calls are asked for and answered. */
export interface ApprovalOptions {
  /**
   * Whether a tool call that needs approval suspends the agent, or is refused like any other.
   *
   * @default "suspend"
   */
  readonly approvals?: "suspend" | "refuse";
  /**
   * Who an answer really comes from, or null when it is not accepted and is to be asked for again.
   *
   * Give it where whoever resumes the agent is not to be believed.
   *
   * @default who the answer says
   */
  readonly approvedBy?: (answer: ApprovalAnswer, request: ApprovalRequest) => Awaitable<string | null>;
}

/** What a tool that had suspended itself is resumed with. */
export interface PausedTool {
  readonly resumeData: unknown;
  readonly suspendPayload: unknown;
}

/** What Mastra tells of a tool call, as far as it matters here; shared by hooks and tool. */
export interface ToolCallContext {
  readonly toolCallId?: string;
  readonly abortSignal?: AbortSignal;
  resumeData?: unknown;
  suspendPayload?: unknown;
  /** The run of the sub-agent or workflow that goes on when this call is resumed. */
  readonly suspendedToolRunId?: string;
  suspend?: (payload: unknown, options?: { readonly runId?: string }) => Promise<unknown>;
}

/**
 * Answers what an agent was suspended with: `agent.resumeGenerate(answerApproval(suspendPayload, answer), { runId })`.
 *
 * It takes the result's `suspendPayload` or that of a `tool-call-suspended` chunk, also of a sub-agent's tool.
 *
 * @throws TypeError when it is not the gate that asks
 */
export function answerApproval(
  suspendPayload: unknown,
  answer: Pick<ApprovalAnswer, "approved" | "by" | "reason">,
): ApprovalAnswer {
  for (let at = suspendPayload, depth = 0; depth < 16; depth++) {
    if (isRequest(at)) return { ...answer, request: at.request };
    at = Object(at).suspendPayload;
  }
  throw new TypeError('answerApproval needs a suspendPayload that has tollgate: "approval_required"');
}

/** Asks for an approval in the words of {@link ApprovalRequest}. */
export function toRequest(
  { id, digest, reason, approver }: Approval,
  toolName: string,
  { toolCallId = "", resumeData, suspendPayload }: ToolCallContext,
): ApprovalRequest {
  return {
    tollgate: "approval_required",
    // Made after the model has spoken: it can put an answer into a call's arguments, but not this.
    request: crypto.randomUUID(),
    approval: id,
    digest,
    toolName,
    toolCallId,
    reason,
    approver,
    ...(resumeData === undefined ? {} : { paused: { resumeData, suspendPayload } }),
  };
}

/** The request that a call was suspended with, or null; a sub-agent's is not its caller's. */
export function requestOf(
  toolName: string,
  { toolCallId = "", suspendPayload }: ToolCallContext,
): ApprovalRequest | null {
  if (!isRequest(suspendPayload)) return null;
  const isOurs = suspendPayload.toolName === toolName && suspendPayload.toolCallId === toolCallId;
  return isOurs ? suspendPayload : null;
}

/** Whether what an agent is resumed with answers a request; anything else answers nothing. */
export function isAnswerTo(request: ApprovalRequest, value: unknown): value is ApprovalAnswer {
  const answer = Object(value) as Partial<ApprovalAnswer>;
  return (
    answer.request === request.request &&
    typeof answer.approved === "boolean" &&
    typeof answer.by === "string" &&
    answer.by !== ""
  );
}

function isRequest(value: unknown): value is ApprovalRequest {
  const { tollgate, request } = Object(value) as Partial<ApprovalRequest>;
  return tollgate === "approval_required" && typeof request === "string";
}
