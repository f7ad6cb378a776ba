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
