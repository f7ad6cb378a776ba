import type { DatabaseSync, StatementSync } from "node:sqlite";
import { StorageFailed } from "@tollgate/core";
import type { SqliteFileOptions } from "./file-options.ts";
import { isBusy, storageFailure } from "./sqlite-failure.ts";

/** What goes along with a group's transaction. */
export interface Companion {
  /** It has begun. */
  begun(): void;
  beforeCommit(): void;
  committed(): void;
  /** Nothing of it is kept. */
  abandoned(): void;
}

/** One piece of work, and whoever waits for it. */
interface Waiting {
  readonly work: () => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly since: number;
  answer: unknown;
  refusal: StorageFailed | null;
}

/** How many pieces of work share one transaction at most. */
const maxGroup = 1024;
/** How often a lock is asked for at once: other processes' commits are short. */
const eagerTries = 20;
const longestPauseMs = 20;

/**
 * Runs pieces of work in transactions: those that are asked for together share one, each all or nothing, and
 * each is answered once it is committed.
 *
 * Work may throw StorageFailed before it has changed anything: then it alone fails. Anything else that it
 * throws fails its whole group, of which nothing is kept.
 */
export class GroupCommit {
  readonly #path: string;
  readonly #companion: Companion;
  readonly #isFull: boolean;
  readonly #busyTimeoutMs: number;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #flushNow = (): void => this.#flush();
  #queue: Waiting[] = [];
  #isScheduled = false;
  #tries = 0;

  constructor(
    path: string,
    database: DatabaseSync,
    companion: Companion,
    options: Required<SqliteFileOptions>,
  ) {
    this.#path = path;
    this.#companion = companion;
    this.#isFull = options.durability === "full";
    this.#busyTimeoutMs = options.busyTimeoutMs;
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
    this.#rollback = database.prepare("ROLLBACK");
  }

  /** Does `work` in a transaction and resolves once it is committed. @throws StorageFailed */
  run<T>(work: () => T): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      this.#queue.push({ work, resolve, reject, since: performance.now(), answer: undefined, refusal: null });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      // A commit that waits for the disk also waits for callers that other events of this turn bring; one that
      // does not would cost less than that.
      if (this.#isFull) setImmediate(this.#flushNow);
      else queueMicrotask(this.#flushNow);
    }) as Promise<T>;
  }

  /** Resolves once nothing is waiting any more. */
  async idle(): Promise<void> {
    while (this.#queue.length > 0) await this.run(() => undefined).catch(() => undefined);
  }

  #flush(): void {
    const group = this.#queue.length <= maxGroup ? this.#queue : this.#queue.slice(0, maxGroup);
    if (!this.#lock(group)) return;
    this.#queue = this.#queue.slice(group.length);
    this.#tries = 0;
    const failure = this.#transact(group);
    this.#isScheduled = this.#queue.length > 0;
    if (this.#isScheduled) setImmediate(this.#flushNow);
    for (const { resolve, reject, answer, refusal } of group) {
      if (refusal !== null) reject(refusal);
      else if (failure !== null) reject(failure);
      else resolve(answer);
    }
  }

  /** Does the group's work in the transaction that has begun; answers why nothing of it is kept, or null. */
  #transact(group: readonly Waiting[]): StorageFailed | null {
    try {
      this.#companion.begun();
      for (const waiting of group) attempt(waiting);
      this.#companion.beforeCommit();
      this.#commit.run();
      this.#companion.committed();
      return null;
    } catch (error) {
      this.#companion.abandoned();
      this.#giveUp();
      return storageFailure(this.#path, error);
    }
  }

  /** Ends the transaction under way, if SQLite has not done so itself. */
  #giveUp(): void {
    try {
      this.#rollback.run();
    } catch {
      // Tried again when the next one cannot begin.
    }
  }

  /** Begins a transaction; answers false when that has to wait or cannot be. */
  #lock(group: readonly Waiting[]): boolean {
    let problem: unknown;
    let hasGivenUp = false;
    for (let count = 0; count < eagerTries; count++) {
      try {
        this.#begin.run();
        return true;
      } catch (error) {
        problem = error;
        if (isBusy(error)) continue;
        if (hasGivenUp) break;
        this.#giveUp();
        hasGivenUp = true;
      }
    }
    const overdue = isBusy(problem) ? performance.now() - this.#busyTimeoutMs : Number.POSITIVE_INFINITY;
    const failed = group.filter(({ since }) => since <= overdue);
    this.#queue = this.#queue.slice(failed.length);
    this.#isScheduled = this.#queue.length > 0;
    if (this.#isScheduled) {
      this.#tries += 1;
      // Other processes must not ask in step.
      const pauseMs = Math.min(longestPauseMs, this.#tries) * (0.5 + Math.random());
      if (isBusy(problem)) setTimeout(this.#flushNow, pauseMs);
      else setImmediate(this.#flushNow);
    }
    const reason = storageFailure(this.#path, problem);
    for (const { reject } of failed) reject(reason);
    return false;
  }
}

function attempt(waiting: Waiting): void {
  try {
    waiting.answer = waiting.work();
  } catch (error) {
    if (!(error instanceof StorageFailed)) throw error;
    waiting.refusal = error;
  }
}
