import { ApprovalSteps } from "./approval-steps.ts";
import { type ApprovalStore, findStanding } from "./approval-store.ts";
import type { Approval, ApprovalQuery } from "./approvals.ts";

/** At most this many approvals are remembered; the oldest answered ones go first, then the oldest. */
const maxRemembered = 10_000;

/** Approvals kept in memory: gone with the process. Every method answers at once. */
export class MemoryApprovalStore extends ApprovalSteps implements ApprovalStore {
  readonly #kept = new Map<string, Approval>();

  ask(request: Approval, decision: string): Approval {
    const kept = [...this.#kept.values()];
    const standing = findStanding(kept, request);
    if (standing !== null) {
      return standing.status === "granted" ? this.set({ ...standing, status: "used", decision }) : standing;
    }
    if (kept.length >= maxRemembered) {
      // With nothing but open requests the oldest goes: it has to be asked for again.
      const { id } = kept.find((approval) => !isOpen(approval)) ?? kept[0] ?? request;
      this.#kept.delete(id);
    }
    return this.set(request);
  }

  withdraw(id: string): void {
    if (this.#kept.get(id)?.status === "pending") this.#kept.delete(id);
  }

  expire(now: number): readonly Approval[] {
    return [...this.#kept.values()]
      .filter((approval) => isOpen(approval) && approval.expiresAt <= now)
      .map((approval) => this.set({ ...approval, status: "expired" }));
  }

  get(id: string): Approval | null {
    return this.#kept.get(id) ?? null;
  }

  list({ status = "pending", run }: ApprovalQuery): readonly Approval[] {
    return [...this.#kept.values()].filter(
      (approval) =>
        (status === "all" || approval.status === status) && (run === undefined || approval.run === run),
    );
  }

  protected set(approval: Approval): Approval {
    this.#kept.set(approval.id, approval);
    return approval;
  }
}

/** Whether it can still be granted or used. */
function isOpen({ status }: Approval): boolean {
  return status === "pending" || status === "granted";
}

/** Keeps approvals in memory, for several gates of one process to share; a gate has one of its own without it. */
export function memoryApprovals(): ApprovalStore {
  return new MemoryApprovalStore();
}
