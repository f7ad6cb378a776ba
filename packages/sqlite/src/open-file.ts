import type { DatabaseSync } from "node:sqlite";
import { StorageFailed } from "@tollgate/core";
import { BalanceCells } from "./balance-cells.ts";
import type { SqliteFileOptions } from "./file-options.ts";
import { GroupCommit } from "./group-commit.ts";
import { openDatabase } from "./open-database.ts";
import { isBusy, storageFailure } from "./sqlite-failure.ts";
import type { SqliteFile } from "./sqlite-file.ts";

/** How long a reader waits before it asks again for a file that is locked. */
const readPauseMs = 5;

/** One open file and the work on it; the last of its holders to let go closes it. */
export class OpenFile implements SqliteFile {
  readonly path: string;
  readonly database: DatabaseSync;
  readonly cells: BalanceCells;
  readonly #commits: GroupCommit;
  readonly #busyTimeoutMs: number;
  #holders = 0;
  #closing: Promise<void> | null = null;

  constructor(path: string, options: Required<SqliteFileOptions>) {
    this.path = path;
    this.database = openDatabase(path, options);
    this.cells = new BalanceCells(this.database);
    this.#commits = new GroupCommit(path, this.database, this.cells, options);
    this.#busyTimeoutMs = options.busyTimeoutMs;
  }

  /**
   * Does `work` in a transaction and resolves once it is committed; see {@link GroupCommit.run}.
   *
   * @throws StorageFailed
   */
  write<T>(work: () => T): Promise<T> {
    if (this.#closing !== null) return Promise.reject(this.#closed());
    return this.#commits.run(work);
  }

  /**
   * Does `look`, which changes nothing, on what is committed; waits while the file is locked.
   *
   * @throws StorageFailed
   */
  async read<T>(look: () => T): Promise<T> {
    const deadline = performance.now() + this.#busyTimeoutMs;
    for (;;) {
      if (this.#closing !== null) throw this.#closed();
      try {
        return look();
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw storageFailure(this.path, error);
      }
      await new Promise((go) => setTimeout(go, readPauseMs));
    }
  }

  /** Keeps the file open until the answered function is called. */
  hold(): () => Promise<void> {
    if (this.#closing !== null) throw this.#closed();
    this.#holders += 1;
    let released: Promise<void> | null = null;
    return () => {
      released ??= this.#release();
      return released;
    };
  }

  async #release(): Promise<void> {
    await this.#commits.idle();
    this.#holders -= 1;
    if (this.#holders > 0 || this.#closing !== null) return;
    this.#closing = Promise.resolve();
    try {
      this.database.close();
    } catch (error) {
      throw storageFailure(this.path, error);
    }
  }

  #closed(): StorageFailed {
    return new StorageFailed(`${this.path} is closed`);
  }
}
