import { TollgateError } from "../errors.ts";
import type { Approval } from "../oversight/approvals.ts";
import type { Gate } from "./gate.ts";

/** What somebody said of a request for approval. */
export interface ApprovalSaid {
  readonly approved: boolean;
  /** Who says so. */
  readonly by: string;
  readonly reason?: string | undefined;
}

/**
 * Passes a framework's answer to an approval on to the gate.
 *
 * One that was answered at the gate meanwhile stays as it is: the gate's next decision says how.
 *
 * @throws what the gate's approvals throw while it is still pending
 */
export async function answerApproval(
  { approvals }: Pick<Gate, "approvals">,
  { id }: Pick<Approval, "id">,
  { approved, by, reason }: ApprovalSaid,
): Promise<void> {
  const said = reason === undefined ? { by } : { by, reason };
  try {
    await (approved ? approvals.grant(id, said) : approvals.deny(id, said));
  } catch (error) {
    if (!TollgateError.is(error) || (await approvals.get(id))?.status === "pending") throw error;
  }
}

/**
 * Whether an answer to the approval with this id is one to `approval`, too, for adapters whose answers name a call.
 *
 * It is where both are the same, where the gate that asked kept it out of sight, and where it is still pending for the
 * same action under the same policy: asked for by a run that goes on here under another id. One that was answered
 * before has had its effect.
 */
export async function isAnsweredBy(
  { approvals }: Pick<Gate, "approvals">,
  { id, digest, policy }: Approval,
  answered: string,
): Promise<boolean> {
  if (answered === id) return true;
  const other = await approvals.get(answered);
  return other === null || (other.status === "pending" && other.digest === digest && other.policy === policy);
}
