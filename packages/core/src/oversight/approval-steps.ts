import type { AnsweredApproval, ApprovalVerdict } from "./approval-store.ts";
import type { Approval } from "./approvals.ts";

/** The steps of an `ApprovalStore` that look at one approval alone, for stores that look at what they keep themselves. */
export abstract class ApprovalSteps {
  /** See `ApprovalStore.get`. */
  abstract get(id: string): Approval | null;
  /** Keeps it instead of the one with its id, and answers it. */
  protected abstract set(approval: Approval): Approval;

  /** See `ApprovalStore.answer`. */
  answer(id: string, { status, ...answer }: ApprovalVerdict): AnsweredApproval | null {
    const approval = this.get(id);
    if (approval === null) return null;
    const taken = approval.status === "pending" && approval.expiresAt > answer.at;
    return { approval: taken ? this.set({ ...approval, status, answer }) : approval, taken };
  }

  /** See `ApprovalStore.giveBack`. */
  giveBack(id: string, decision: string): void {
    const approval = this.get(id);
    if (approval?.decision === decision) this.set({ ...approval, status: "granted", decision: null });
  }
}
