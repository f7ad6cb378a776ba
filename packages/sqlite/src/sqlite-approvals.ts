import type { Approval, ApprovalQuery, ApprovalStore } from "@tollgate/core";
import type { AnsweredApproval, ApprovalVerdict } from "@tollgate/core/driver";
import { ApprovalRows } from "./approval-rows.ts";
import type { SqliteFileOptions } from "./file-options.ts";
import type { OpenFile } from "./open-file.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import { useFile } from "./use-file.ts";

/**
 * Keeps approvals in an SQLite file: they outlive the process, and any process of the machine may answer them.
 *
 * `file` is a path, or what `sqliteFile` answers. What was used or ran out is forgotten 30 days after its expiry;
 * denials are kept.
 *
 * @throws InvalidConfig for options that make no sense; StorageFailed when the file cannot be used (see
 * `sqliteFile`).
 */
export function sqliteApprovals(file: string | SqliteFile, options: SqliteFileOptions = {}): ApprovalStore {
  return new ApprovalsInSqlite(useFile(file, options, []));
}

class ApprovalsInSqlite implements ApprovalStore {
  readonly #file: OpenFile;
  readonly #rows: ApprovalRows;
  readonly #release: () => Promise<void>;

  constructor(file: OpenFile) {
    this.#release = file.hold();
    this.#file = file;
    this.#rows = new ApprovalRows(file.database);
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

  async expire(now: number): Promise<readonly Approval[]> {
    // Most of the time nothing has run out: nobody is held up for that.
    if (!(await this.#file.read(() => this.#rows.isDue(now)))) return [];
    return this.#file.write(() => this.#rows.expire(now));
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
