import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Approval, ApprovalQuery } from "@tollgate/core";
import {
  type AnsweredApproval,
  ApprovalSteps,
  type ApprovalVerdict,
  findStanding,
} from "@tollgate/core/driver";

/** How long after its expiry an approval that was used, or ran out, is kept: 30 days. */
const keptMs = 30 * 24 * 60 * 60 * 1000;
/** At most so many are forgotten in one go. */
const forgottenRows = 100;
/** At most so many steps are looked for in one go. */
const soughtSteps = 100;

const columns =
  "id, status, run, digest, policy, requested_at, expires_at, request, decision, answer" as const;

/** What is kept as JSON, so that no text is in the way. */
type RequestJson = Pick<Approval, "action" | "subject" | "reason" | "approver">;

/** The table of approvals; what changes it is to be called within a transaction. */
export class ApprovalRows extends ApprovalSteps {
  readonly #add: StatementSync;
  readonly #get: StatementSync;
  readonly #ofAction: StatementSync;
  readonly #list: StatementSync;
  readonly #due: StatementSync;
  readonly #change: StatementSync;
  readonly #drop: StatementSync;
  readonly #forget: StatementSync;
  readonly #addStep: StatementSync;
  readonly #dropStep: StatementSync;
  readonly #untold: StatementSync;
  readonly #recordWithinMs: number;

  constructor(database: DatabaseSync, recordWithinMs: number) {
    super();
    const open = "status IN ('pending', 'granted')";
    this.#add = database.prepare(`INSERT INTO approvals (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#get = database.prepare(`SELECT ${columns} FROM approvals WHERE id = ?`);
    this.#ofAction = database.prepare(
      `SELECT ${columns} FROM approvals WHERE run = ? AND digest = ? ORDER BY position`,
    );
    this.#list = database.prepare(
      `SELECT ${columns} FROM approvals
       WHERE (?1 = 'all' OR status = ?1) AND (?2 IS NULL OR run = ?2) ORDER BY position`,
    );
    this.#due = database.prepare(
      `SELECT ${columns} FROM approvals WHERE ${open} AND expires_at <= ? ORDER BY position`,
    );
    this.#change = database.prepare("UPDATE approvals SET status = ?, decision = ?, answer = ? WHERE id = ?");
    this.#addStep = database.prepare(
      `INSERT INTO approval_steps (id, status, due, approval) VALUES (?, ?, ?, ?)
       ON CONFLICT (id, status) DO UPDATE SET due = excluded.due`,
    );
    this.#dropStep = database.prepare("DELETE FROM approval_steps WHERE id = ? AND status = ?");
    this.#untold = database.prepare(
      "SELECT approval FROM approval_steps WHERE due <= ? ORDER BY due, id LIMIT ?",
    );
    this.#recordWithinMs = recordWithinMs;
    this.#drop = database.prepare("DELETE FROM approvals WHERE id = ? AND status = 'pending'");
    this.#forget = database.prepare(
      `DELETE FROM approvals WHERE position IN (
         SELECT position FROM approvals WHERE status IN ('used', 'expired') AND expires_at <= ? LIMIT ?)`,
    );
  }

  override answer(id: string, verdict: ApprovalVerdict): AnsweredApproval | null {
    const answered = super.answer(id, verdict);
    if (answered?.taken === true) this.#owe(answered.approval, verdict.at);
    return answered;
  }

  ask(request: Approval, decision: string): Approval {
    const kept = this.#ofAction.all(request.run, request.digest).map(approvalOf);
    const standing = findStanding(kept, request);
    if (standing?.status === "granted") return this.set({ ...standing, status: "used", decision });
    if (standing !== null) return standing;
    const { id, status, run, digest, policy, requestedAt, expiresAt, action, subject, reason, approver } =
      request;
    const json: RequestJson = { action, subject, reason, approver };
    this.#add.run(id, status, run, digest, policy, requestedAt, expiresAt, JSON.stringify(json), null, null);
    return request;
  }

  withdraw(id: string): void {
    this.#drop.run(id);
  }

  /** Whether something has run out: a look that changes nothing. */
  isDue(now: number): boolean {
    return this.#due.get(now) !== undefined;
  }

  expire(now: number): readonly Approval[] {
    this.#forget.run(now - keptMs, forgottenRows);
    return this.#due
      .all(now)
      .map((row) => this.#owe(this.set({ ...approvalOf(row), status: "expired" }), now));
  }

  /** Whether there is a step that nobody has told of in time: a look that changes nothing. */
  isUntold(now: number): boolean {
    return this.#untold.get(now, 1) !== undefined;
  }

  /** The steps that nobody has told of in time, as they left their approvals; the next caller gets them later. */
  untold(now: number): readonly Approval[] {
    const rows = this.#untold.all(now, soughtSteps);
    return rows.map(({ approval }) => this.#owe(JSON.parse(approval as string), now));
  }

  /** Forgets a step that somebody has told of. */
  recorded({ id, status }: Approval): void {
    this.#dropStep.run(id, status);
  }

  get(id: string): Approval | null {
    const row = this.#get.get(id);
    return row === undefined ? null : approvalOf(row);
  }

  list({ status = "pending", run }: ApprovalQuery): readonly Approval[] {
    return this.#list.all(status, run ?? null).map(approvalOf);
  }

  /** Has the receipt of a step missed when it is not written in time. */
  #owe(approval: Approval, now: number): Approval {
    this.#addStep.run(approval.id, approval.status, now + this.#recordWithinMs, JSON.stringify(approval));
    return approval;
  }

  protected set(approval: Approval): Approval {
    const { id, status, decision, answer } = approval;
    this.#change.run(status, decision, answer === null ? null : JSON.stringify(answer), id);
    return approval;
  }
}

function approvalOf(row: Record<string, unknown>): Approval {
  const request: RequestJson = JSON.parse(row.request as string);
  return {
    id: row.id as string,
    status: row.status as Approval["status"],
    digest: row.digest as string,
    policy: row.policy as string | null,
    run: row.run as string,
    ...request,
    requestedAt: row.requested_at as number,
    expiresAt: row.expires_at as number,
    decision: row.decision as string | null,
    answer: row.answer === null ? null : JSON.parse(row.answer as string),
  };
}
