import type { Approval, ApprovalQuery, ApprovalStore, ReceiptLog } from "@tollgate/core";
import { type AnsweredApproval, type ApprovalVerdict, missingSteps, readWhole } from "@tollgate/core/driver";
import { ApprovalRows } from "./approval-rows.ts";
import type { SqliteFileOptions } from "./file-options.ts";
import type { OpenFile } from "./open-file.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import { useFile } from "./use-file.ts";

/** How a file with approvals is used. */
export interface SqliteApprovalsOptions extends SqliteFileOptions {
  /**
   * How long the receipt of a step may take before another process writes it; longer than any process is ever
   * paused, for else there may be two; at least 1000.
   *
   * @default 600_000 (10 minutes)
   */
  readonly recordWithinMs?: number;
}

/**
 * Keeps approvals in an SQLite file: they outlive the process, and any process of the machine may answer them.
 *
 * `file` is a path, or what `sqliteFile` answers. What was used or ran out is forgotten 30 days after its expiry;
 * denials are kept.
 *
 * @throws InvalidConfig for options that make no sense; StorageFailed when the file cannot be used (see
 * `sqliteFile`).
 */
export function sqliteApprovals(
  file: string | SqliteFile,
  options: SqliteApprovalsOptions = {},
): ApprovalStore {
  const { recordWithinMs = 600_000 } = options;
  readWhole(recordWithinMs, "recordWithinMs", 1000);
  return new ApprovalsInSqlite(useFile(file, options, ["recordWithinMs"]), recordWithinMs);
}

class ApprovalsInSqlite implements ApprovalStore {
  readonly #file: OpenFile;
  readonly #rows: ApprovalRows;
  readonly #release: () => Promise<void>;

  constructor(file: OpenFile, recordWithinMs: number) {
    this.#release = file.hold();
    this.#file = file;
    this.#rows = new ApprovalRows(file.database, recordWithinMs);
  }

  ask(request: Approval, decision: string): Promise<Approval> {
    return this.#file.write(() => this.#rows.ask(request, decision));
  }

  answer(id: string, verdict: ApprovalVerdict): Promise<AnsweredApproval | null> {
    return this.#file.write(() => this.#rows.answer(id, verdict));
  }

  giveBack(id: string, decision: string): Promise<void> {
    return this.#file.write(() => this.#rows.giveBack(id, decision));
  }

  withdraw(id: string): Promise<void> {
    return this.#file.write(() => this.#rows.withdraw(id));
  }

  async expire(now: number, log?: Pick<ReceiptLog, "read">): Promise<readonly Approval[]> {
    // Most of the time nothing has run out, and nothing is missed: nobody is held up for that.
    const rows = this.#rows;
    const isDue = await this.#file.read(() => rows.isDue(now) || (log !== undefined && rows.isUntold(now)));
    if (!isDue) return [];
    const { expired, untold } = await this.#file.write(() => ({
      untold: log === undefined ? [] : rows.untold(now),
      expired: rows.expire(now),
    }));
    if (log === undefined) return expired;
    return [...expired, ...(await missingSteps(untold, log, (step) => this.recorded(step)))];
  }

  recorded(approval: Approval): Promise<void> {
    return this.#file.write(() => this.#rows.recorded(approval));
  }

  get(id: string): Promise<Approval | null> {
    return this.#file.read(() => this.#rows.get(id));
  }

  list(query: ApprovalQuery): Promise<readonly Approval[]> {
    return this.#file.read(() => this.#rows.list(query));
  }

  close(): Promise<void> {
    return this.#release();
  }
}
