import { randomUUID } from "node:crypto";
import type { Approval, ApprovalQuery, ApprovalStore, ReceiptLog } from "@tollgate/core";
import {
  type AnsweredApproval,
  type ApprovalVerdict,
  missingSteps,
  readObject,
  readWhole,
} from "@tollgate/core/driver";
import { Database, type Row } from "./database.ts";
import type { PostgresPool } from "./pool.ts";

/** How long after its expiry an approval that was used, or ran out, is kept: 30 days. */
const keptMs = 30 * 24 * 60 * 60 * 1000;

/** Options of {@link postgresApprovals}. */
export interface PostgresApprovalsOptions {
  /**
   * How long an operation may take in all: waiting for a connection, for the answer, and for further tries.
   *
   * @default 4000 (less than the gate's own storageTimeoutMs, so that it hears why)
   */
  readonly timeoutMs?: number;
  /**
   * How long the receipt of a step may take before another process writes it; longer than any process is ever
   * paused, for else there may be two; at least 1000.
   *
   * @default 600000 (10 minutes)
   */
  readonly recordWithinMs?: number;
}

/**
 * Keeps approvals in the schema `tollgate`; `migrate` makes the schema. The pool stays the application's.
 *
 * Each step is one round trip, all or nothing, and is asked again under its own name when its answer is lost. What was
 * used or ran out is forgotten 30 days after its expiry; denials are kept. Times are the callers': the clocks of the
 * machines have to agree as well as the times that approvals stay open for demand.
 *
 * @throws InvalidConfig for options that make no sense.
 */
export function postgresApprovals(pool: PostgresPool, options: PostgresApprovalsOptions = {}): ApprovalStore {
  readObject(options, "options", ["timeoutMs", "recordWithinMs"]);
  const { timeoutMs = 4000, recordWithinMs = 600_000 } = options;
  readWhole(recordWithinMs, "recordWithinMs", 1000);
  return new ApprovalsInPostgres(new Database(pool, readWhole(timeoutMs, "timeoutMs", 1)), recordWithinMs);
}

class ApprovalsInPostgres implements ApprovalStore {
  readonly #database: Database;
  readonly #recordWithinMs: number;

  constructor(database: Database, recordWithinMs: number) {
    this.#database = database;
    this.#recordWithinMs = recordWithinMs;
  }

  async ask(request: Approval, decision: string): Promise<Approval> {
    const { id, run, digest, policy, requestedAt, expiresAt, action, subject, reason, approver } = request;
    const json = JSON.stringify({ action, subject, reason, approver });
    const [row = {}] = await this.#call(
      "ask_approval",
      id,
      run,
      digest,
      policy,
      requestedAt,
      expiresAt,
      json,
      decision,
    );
    return approvalOf(row);
  }

  async answer(id: string, { status, ...answer }: ApprovalVerdict): Promise<AnsweredApproval | null> {
    const step = randomUUID();
    const json = JSON.stringify(answer);
    const at = Math.floor(answer.at);
    const due = at + this.#recordWithinMs;
    const [row] = await this.#call("answer_approval", id, status, json, at, step, due);
    if (row === undefined) return null;
    const taken = row.answer_step === step;
    // Asked again, it may have been used since.
    return { approval: approvalOf(taken ? { ...row, status, decision: null } : row), taken };
  }

  async giveBack(id: string, decision: string): Promise<void> {
    await this.#call("give_back_approval", id, decision);
  }

  async withdraw(id: string): Promise<void> {
    await this.#call("withdraw_approval", id);
  }

  async expire(now: number, log?: Pick<ReceiptLog, "read">): Promise<readonly Approval[]> {
    const at = Math.floor(now);
    const due = at + this.#recordWithinMs;
    const rows = await this.#call("expire_approvals", at, at - keptMs, randomUUID(), due);
    const expired = rows.map(approvalOf);
    if (log === undefined) return expired;
    const { rows: untold } = await this.#database.ask({
      text: "SELECT u.step_status, (u.approval).* FROM tollgate.untold_approvals($1, $2) u",
      values: [at, due],
      repeatable: true,
    });
    const steps = untold.map((row) => approvalOf({ ...row, status: row.step_status ?? "", decision: null }));
    return [...expired, ...(await missingSteps(steps, log, (step) => this.recorded(step)))];
  }

  async recorded({ id, status }: Approval): Promise<void> {
    await this.#call("approval_recorded", id, status);
  }

  async get(id: string): Promise<Approval | null> {
    const text = "SELECT * FROM tollgate.approvals a WHERE a.id = $1";
    const { rows } = await this.#database.ask({ text, values: [id], repeatable: true });
    return rows[0] === undefined ? null : approvalOf(rows[0]);
  }

  async list({ status = "pending", run }: ApprovalQuery): Promise<readonly Approval[]> {
    const { rows } = await this.#database.ask({
      text: `SELECT * FROM tollgate.approvals a
        WHERE ($1 = 'all' OR a.status = $1) AND ($2::text IS NULL OR a.run = $2) ORDER BY a.position`,
      values: [status, run ?? null],
      repeatable: true,
    });
    return rows.map(approvalOf);
  }

  async #call(name: string, ...values: readonly (string | number | null)[]): Promise<readonly Row[]> {
    const places = values.map((_, nth) => `$${nth + 1}`).join(", ");
    const text = `SELECT * FROM tollgate.${name}(${places})`;
    return (await this.#database.ask({ text, values: [...values], repeatable: true })).rows;
  }
}

function approvalOf(row: Row): Approval {
  return {
    id: row.id ?? "",
    status: row.status as Approval["status"],
    digest: row.digest ?? "",
    policy: row.policy ?? null,
    run: row.run ?? "",
    ...JSON.parse(row.request ?? "{}"),
    requestedAt: Number(row.requested_at),
    expiresAt: Number(row.expires_at),
    decision: row.decision ?? null,
    answer: JSON.parse(row.answer ?? "null"),
  };
}
