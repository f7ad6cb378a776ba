import { StorageFailed } from "@tollgate/core";
import { pause } from "./pause.ts";
import { hearErrors, ignore, type PostgresClient, type PostgresPool } from "./pool.ts";
import { connectFailure, QueryFailed, queryFailure } from "./query-failure.ts";
import { schemaVersion } from "./schema/migrations.ts";
import { refuseNewer } from "./schema-check.ts";

/** A row as text, by column; numbers stay exact. */
export type Row = Readonly<Record<string, string | null>>;

/** What is asked of the database. */
export interface Question {
  readonly text: string;
  readonly values: unknown[];
  /** Whether it may be asked again although it may have been done already. */
  readonly repeatable: boolean;
}

/** What was answered. */
export interface Answer {
  readonly rows: readonly Row[];
  /** True when it was asked before, and may have been done then. */
  readonly isRepeat: boolean;
}

/** Text as it comes, whatever parsers the application has set for its own queries. */
const asText = { getTypeParser: () => (text: string) => text };

const firstPauseMs = 5;
const longestPauseMs = 250;

/**
 * Asks a database over the application's pool, within bounds: it neither waits longer than `timeoutMs` in all
 * (for a connection, for the answer, for another try) nor leaves anything behind in a session.
 */
export class Database {
  readonly #pool: PostgresPool;
  readonly #timeoutMs: number;
  #checked: Promise<void> | null = null;

  constructor(pool: PostgresPool, timeoutMs: number) {
    this.#pool = pool;
    this.#timeoutMs = timeoutMs;
    hearErrors(pool);
  }

  /**
   * Asks until it is answered.
   *
   * @throws QueryFailed when it cannot be done in time, or at all.
   */
  async ask(question: Question): Promise<Answer> {
    const deadline = performance.now() + this.#timeoutMs;
    this.#checked ??= this.#check(deadline);
    await this.#checked;
    return this.#insist(question, deadline);
  }

  /** Makes sure once that the schema is one that this package knows. */
  async #check(deadline: number): Promise<void> {
    try {
      const text = "SELECT max(version) AS version FROM tollgate.migrations";
      const {
        rows: [row],
      } = await this.#insist({ text, values: [], repeatable: true }, deadline);
      const version = Number(row?.version ?? 0);
      refuseNewer(version);
      if (version < schemaVersion) {
        throw new StorageFailed(
          `the schema tollgate is at version ${version}, this package needs ${schemaVersion}: call migrate(pool)`,
        );
      }
    } catch (error) {
      this.#checked = null;
      throw error;
    }
  }

  /** Tries until it succeeds, cannot succeed, or the time is up. */
  async #insist(question: Question, deadline: number): Promise<Answer> {
    let isRepeat = false;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        return { rows: await this.#try(question, deadline), isRepeat };
      } catch (error) {
        if (!(error instanceof QueryFailed) || !mayTryAgain(error, question)) throw error;
        if (error.kind === "unanswered") isRepeat = true;
        // Not all at the same moment again.
        const waitMs = pauseMs * (0.5 + Math.random());
        if (performance.now() + waitMs >= deadline) throw error;
        await pause(waitMs);
      }
    }
  }

  async #try({ text, values }: Question, deadline: number): Promise<readonly Row[]> {
    const client = await this.#connect(deadline);
    client.on("error", ignore);
    let isLost = false;
    try {
      const answer = client.query({ text, values, types: asText });
      const { rows } = await within(deadline, answer, () => {
        isLost = true;
        return new QueryFailed("unanswered", `PostgreSQL did not answer within ${this.#timeoutMs} ms`, null);
      });
      return rows as readonly Row[];
    } catch (error) {
      const failure = error instanceof QueryFailed ? error : queryFailure(error);
      if (failure.kind === "unanswered") isLost = true;
      throw failure;
    } finally {
      // The pool listens from here on.
      client.release(isLost);
      client.off("error", ignore);
    }
  }

  async #connect(deadline: number): Promise<PostgresClient> {
    const connecting = Promise.resolve(this.#pool.connect());
    try {
      return await within(deadline, connecting, () => {
        // One that comes later is for others.
        connecting.then(
          (client) => client.release(),
          () => undefined,
        );
        return new QueryFailed(
          "unreached",
          `no connection to PostgreSQL was free within ${this.#timeoutMs} ms: give the pool more (max), or free it`,
          null,
        );
      });
    } catch (error) {
      if (error instanceof QueryFailed) throw error;
      if (this.#pool.ending) throw new QueryFailed("refused", "the pool was closed", error);
      throw connectFailure(error);
    }
  }
}

function mayTryAgain({ kind }: QueryFailed, { repeatable }: Question): boolean {
  return kind === "again" || kind === "unreached" || (kind === "unanswered" && repeatable);
}

/** Waits for an answer until the deadline, then rejects with what `late` answers. */
function within<T>(deadline: number, answer: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), Math.max(0, Math.ceil(deadline - performance.now())));
    answer.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
