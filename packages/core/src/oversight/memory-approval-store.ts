import {
  type AnsweredApproval,
  type ApprovalStore,
  type ApprovalVerdict,
  findStanding,
} from "./approval-store.ts";
import type { Approval, ApprovalQuery } from "./approvals.ts";

/** At most this many approvals are remembered; the oldest answered ones go first, then the oldest. */
const maxRemembered = 10_000;

/** Approvals kept in memory: gone with the process. Every method answers at once. */
export class MemoryApprovalStore implements ApprovalStore {
  readonly #kept = new Map<string, Approval>();

  ask(request: Approval, decision: string): Approval {
    const kept = [...this.#kept.values()];
    const standing = findStanding(kept, request);
    if (standing?.status === "granted") return this.#set({ ...standing, status: "used", decision });
    if (standing !== null) return standing;
    if (kept.length >= maxRemembered) {
      // With nothing but open requests the oldest goes: it has to be asked for again.
      const oldest = kept.find((approval) => !isOpen(approval)) ?? kept[0];
      this.#kept.delete(oldest?.id ?? "");
    }
    return this.#set(request);
  }

  answer(id: string, { status, ...answer }: ApprovalVerdict): AnsweredApproval | null {
    const approval = this.get(id);
    if (approval === null) return null;
    const taken = approval.status === "pending" && approval.expiresAt > answer.at;
    return { approval: taken ? this.#set({ ...approval, status, answer }) : approval, taken };
  }

  giveBack(id: string, decision: string): void {
    const approval = this.get(id);
    if (approval?.decision === decision) this.#set({ ...approval, status: "granted", decision: null });
  }

  withdraw(id: string): void {
    if (this.get(id)?.status === "pending") this.#kept.delete(id);
  }

  expire(now: number): readonly Approval[] {
    return this.list({ status: "all" })
      .filter((approval) => isOpen(approval) && approval.expiresAt <= now)
      .map((approval) => this.#set({ ...approval, status: "expired" }));
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

  #set(approval: Approval): Approval {
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
