import type { Interrupt } from "@langchain/langgraph";

/** What a graph is interrupted with when the gate wants a call approved; for whoever shows it to a person. */
export interface ApprovalRequest {
  readonly tollgate: "approval_required";
  /** Names the task whose call this is; the answer has to repeat it. */
  readonly request: string;
  /** The gate's approval; in another process, whose gate asks anew, it has another id. */
  readonly approval: string;
  /** Digest of the action that is to be approved. */
  readonly digest: string;
  readonly action: { readonly kind: string; readonly name: string };
  readonly reason: string;
  /** Who may approve, such as a role; null when the rule does not say. */
  readonly approver: string | null;
}

/** Somebody's answer to an {@link ApprovalRequest}, as the value that its interrupt is resumed with. */
export interface ApprovalResume {
  readonly request: string;
  /** Digest of the action that was approved or not; another action has to be asked about again. */
  readonly digest: string;
  readonly approved: boolean;
  /** Who says so. */
  readonly by: string;
  readonly reason?: string;
}

/**
 * Answers one interrupt: spread it into `new Command({ resume: { ...answerApproval(interrupt, answer) } })`.
 *
 * It is mapped to the interrupt's id, so that other pending interrupts stay as they are, and names the call and what it
 * would do, so that it approves nothing else even where it reaches another one.
 *
 * @throws TypeError when the interrupt is not the gate's.
 */
export function answerApproval(
  { id, value }: Interrupt,
  answer: Pick<ApprovalResume, "approved" | "by" | "reason">,
): Record<string, ApprovalResume> {
  if (id === undefined || !isApprovalRequest(value)) {
    throw new TypeError('answerApproval needs an interrupt whose value has tollgate: "approval_required"');
  }
  return { [id]: { ...answer, request: value.request, digest: value.digest } };
}

/** Whether a value that a graph was interrupted with is the gate's. */
function isApprovalRequest(value: unknown): value is ApprovalRequest {
  return isRecord(value) && value.tollgate === "approval_required" && typeof value.request === "string";
}

/** Whether what a graph is resumed with answers this request; anything else answers nothing. */
export function isAnswerTo(request: ApprovalRequest, value: unknown): value is ApprovalResume {
  return (
    isRecord(value) &&
    value.request === request.request &&
    value.digest === request.digest &&
    typeof value.approved === "boolean" &&
    typeof value.by === "string" &&
    value.by !== ""
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
