import type { Action } from "../action/action.ts";
import { TollgateError } from "../errors.ts";
import type { ReceiptContent } from "../receipt/chain.ts";
import { approvalContent } from "./approval-content.ts";
import type { Approval, ApprovalAnswer, ApprovalStatus, Approvals } from "./approvals.ts";

/** At most this many approvals are remembered; the oldest answered ones go first, then the oldest. */
const maxRemembered = 10_000;

/** What approvals need of their gate. */
export interface ApprovalsHome {
  now(): number;
  newId(): string;
  /** Records a step in the life of an approval. */
  record(content: ReceiptContent): Promise<unknown>;
}

/** What somebody is asked to approve. */
export interface ApprovalRequest {
  readonly run: string;
  readonly digest: string;
  readonly action: Action;
  readonly reason: string;
  readonly approver: string | null;
  readonly ttlMs: number;
}

/** Approvals kept in memory: bound to run and action digest, single use, gone with the process. */
export class MemoryApprovals implements Approvals {
  readonly #home: ApprovalsHome;
  readonly #byId = new Map<string, Approval>();
  /** The ids of each run's and digest's approvals that can still matter, oldest first. */
  readonly #byAction = new Map<string, string[]>();

  constructor(home: ApprovalsHome) {
    this.#home = home;
  }

  async list(
    query: { readonly status?: ApprovalStatus | "all"; readonly run?: string } = {},
  ): Promise<readonly Approval[]> {
    await this.#expire();
    const status = query.status ?? "pending";
    return [...this.#byId.values()].filter(
      (approval) =>
        (status === "all" || approval.status === status) &&
        (query.run === undefined || approval.run === query.run),
    );
  }

  async get(id: string): Promise<Approval | null> {
    await this.#expire();
    return this.#byId.get(id) ?? null;
  }

  grant(id: string, answer: ApprovalAnswer): Promise<Approval> {
    return this.#answer(id, "granted", answer);
  }

  deny(id: string, answer: ApprovalAnswer): Promise<Approval> {
    return this.#answer(id, "denied", answer);
  }

  /**
   * Uses up a granted approval of this action if there is one, else tells where its approval stands.
   *
   * Synchronous up to its result, so that of two attempts only one gets the grant.
   */
  claim(run: string, digest: string): Approval | null {
    const now = this.#home.now();
    let found: Approval | null = null;
    for (const id of this.#byAction.get(keyOf(run, digest)) ?? []) {
      const approval = this.#byId.get(id);
      if (approval === undefined || approval.status === "used" || approval.status === "expired") continue;
      if (approval.status !== "denied" && approval.expiresAt <= now) continue;
      if (approval.status === "granted") return this.#set({ ...approval, status: "used" });
      found = approval;
    }
    return found;
  }

  /** Gives back an approval that was claimed for an action which then did not go through. */
  restore(id: string): void {
    const approval = this.#byId.get(id);
    if (approval?.status === "used") this.#set({ ...approval, status: "granted" });
  }

  /** Takes back a request that could not be recorded: nobody may answer it. */
  withdraw(id: string): void {
    const approval = this.#byId.get(id);
    if (approval?.status === "pending") this.#forget(approval);
  }

  /** Opens a request. */
  request(request: ApprovalRequest): Approval {
    const now = this.#home.now();
    const approval: Approval = {
      id: this.#home.newId(),
      status: "pending",
      digest: request.digest,
      run: request.run,
      action: { kind: request.action.kind, name: request.action.name },
      subject: request.action.subject,
      reason: request.reason,
      approver: request.approver,
      requestedAt: now,
      expiresAt: now + request.ttlMs,
      answer: null,
    };
    this.#forgetSome();
    const key = keyOf(approval.run, approval.digest);
    this.#byAction.set(key, [...(this.#byAction.get(key) ?? []), approval.id]);
    return this.#set(approval);
  }

  async #answer(id: string, status: "granted" | "denied", answer: ApprovalAnswer): Promise<Approval> {
    if (typeof answer.by !== "string" || answer.by === "") {
      throw new TollgateError("invalid_action", 'say who answers the approval: { by: "alice" }');
    }
    await this.#expire();
    const approval = this.#byId.get(id);
    if (approval === undefined) throw new TollgateError("invalid_action", `no approval ${id} is known`);
    if (approval.status !== "pending") {
      throw new TollgateError("invalid_action", `approval ${id} is ${approval.status}, not pending`);
    }
    const answered = this.#set({
      ...approval,
      status,
      answer: { by: answer.by, reason: answer.reason ?? null, at: this.#home.now() },
    });
    await this.#home.record(approvalContent(answered, status));
    return answered;
  }

  async #expire(): Promise<void> {
    const now = this.#home.now();
    const due = [...this.#byId.values()].filter(
      (approval) =>
        (approval.status === "pending" || approval.status === "granted") && approval.expiresAt <= now,
    );
    for (const approval of due) this.#set({ ...approval, status: "expired" });
    for (const approval of due) await this.#home.record(approvalContent(approval, "expired"));
  }

  #set(approval: Approval): Approval {
    this.#byId.set(approval.id, approval);
    return approval;
  }

  #forgetSome(): void {
    if (this.#byId.size < maxRemembered) return;
    const over = [...this.#byId.values()].find(({ status }) => status !== "pending" && status !== "granted");
    // With nothing but open requests the oldest goes: it has to be asked for again.
    const oldest = over ?? this.#byId.values().next().value;
    if (oldest === undefined) return;
    this.#forget(oldest);
  }

  #forget({ id, run, digest }: Approval): void {
    this.#byId.delete(id);
    const key = keyOf(run, digest);
    const rest = (this.#byAction.get(key) ?? []).filter((other) => other !== id);
    if (rest.length === 0) this.#byAction.delete(key);
    else this.#byAction.set(key, rest);
  }
}

function keyOf(run: string, digest: string): string {
  return `${digest} ${run}`;
}
