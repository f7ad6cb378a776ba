import type { Approval, Awaitable, Gate } from "@tollgate/core";
import { answerApproval as answerAtGate, isAnsweredBy } from "@tollgate/core/adapter";

/** What an agent is interrupted with when the gate wants a call approved; for whoever shows it to a person. */
export interface ApprovalRequest {
  readonly tollgate: "approval_required";
  /** Names this very call, its arguments included; the answer has to repeat it. */
  readonly request: string;
  /** The gate's approval; a gate in another process asks anew, under another id. */
  readonly approval: string;
  readonly action: { readonly kind: string; readonly name: string };
  readonly reason: string;
  /** Who may approve, such as a role; null when the rule does not say. */
  readonly approver: string | null;
}

/** Somebody's answer to an {@link ApprovalRequest}, as the value that its interrupt is resumed with. */
export interface ApprovalAnswer {
  readonly request: string;
  /** The gate's approval that was asked about. */
  readonly approval: string;
  readonly approved: boolean;
  /** Who says so. */
  readonly by: string;
  readonly reason?: string;
}

/** How approvals of an agent's calls are asked for and answered. */
export interface ApprovalOptions {
  /**
   * Whether a call that needs approval interrupts the agent, or is refused like any other.
   *
   * @default "interrupt" where the agent has a checkpointer, else "refuse"
   */
  readonly approvals?: "interrupt" | "refuse";
  /**
   * Who an answer really comes from, or null when it is not accepted and the agent is to be interrupted again.
   *
   * Give it where whoever resumes the agent is not to be believed.
   *
   * @default who the answer says
   */
  readonly approvedBy?: (answer: ApprovalAnswer, request: ApprovalRequest) => Awaitable<string | null>;
}

/** What a middleware's hooks know of the graph that they run in. */
export interface GraphRuntime {
  readonly configurable?: Readonly<Record<string, unknown>> | undefined;
  readonly interrupt?: ((value: unknown) => unknown) | undefined;
}

/**
 * Answers one interrupt: `new Command({ resume: { ...answerApproval(interrupt, { approved: true, by }) } })`.
 *
 * It is mapped to the interrupt's id, so that other pending interrupts stay as they are, and names the call, so
 * that it approves nothing else even where it reaches another one.
 *
 * @throws TypeError when the interrupt is not the gate's
 */
export function answerApproval(
  { id, value }: { readonly id?: string; readonly value?: unknown },
  answer: Omit<ApprovalAnswer, "request" | "approval">,
): Record<string, ApprovalAnswer> {
  const { tollgate, request, approval } = Object(value) as Partial<ApprovalRequest>;
  if (
    id === undefined ||
    tollgate !== "approval_required" ||
    request === undefined ||
    approval === undefined
  ) {
    throw new TypeError('answerApproval needs an interrupt whose value has tollgate: "approval_required"');
  }
  return { [id]: { ...answer, request, approval } };
}

/** Whether an agent with this runtime can be interrupted for approvals. */
export function canAsk(runtime: GraphRuntime, { approvals = "interrupt" }: ApprovalOptions): boolean {
  return (
    approvals === "interrupt" &&
    runtime.interrupt !== undefined &&
    runtime.configurable?.__pregel_checkpointer !== undefined
  );
}

/**
 * Has the gate's approval answered by whoever resumes the agent; comes back once it is, granted or not.
 *
 * `call` names the call in its graph task; LangGraph's task ids outlive a pause. An answer lets the call through
 * once: replayed after that it answers nothing, unless `again` says that the call had paused and is to go on.
 *
 * @throws LangGraph's interrupt, which pauses the agent, as long as there is no answer to this very request
 */
export async function askApproval(
  gate: Gate,
  approval: Approval,
  call: string,
  runtime: GraphRuntime,
  options: ApprovalOptions,
  again = false,
): Promise<void> {
  const { id, digest, action, reason, approver } = approval;
  const request: ApprovalRequest = {
    tollgate: "approval_required",
    request: `${String(runtime.configurable?.__pregel_task_id)}/${call}/${digest}`,
    approval: id,
    action,
    reason,
    approver,
  };
  for (;;) {
    // Answers the next value that the agent was resumed with, and throws when there is none left.
    const answer: unknown = runtime.interrupt?.(request);
    if (!isAnswerTo(request, answer)) continue;
    // A gate in another process may have asked anew.
    if (!again && !(await isAnsweredBy(gate, approval, answer.approval))) continue;
    const by = options.approvedBy === undefined ? answer.by : await options.approvedBy(answer, request);
    if (by === null) continue;
    await answerAtGate(gate, approval, { approved: answer.approved, by, reason: answer.reason });
    return;
  }
}

function isAnswerTo(request: ApprovalRequest, value: unknown): value is ApprovalAnswer {
  const answer = Object(value) as Partial<ApprovalAnswer>;
  return (
    answer.request === request.request &&
    typeof answer.approval === "string" &&
    typeof answer.approved === "boolean" &&
    typeof answer.by === "string" &&
    answer.by !== ""
  );
}
