/** The part of a `pg` Pool that Tollgate uses; any pool with it will do. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
  on(event: "error", listener: (error: Error) => void): unknown;
  listeners(event: "error"): readonly unknown[];
  /** True once it is being closed. */
  readonly ending?: boolean;
}

/** The part of a `pg` PoolClient that Tollgate uses. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<{ readonly rows: readonly unknown[] }>;
  /** Gives the connection back; with `true` it is closed instead. */
  release(destroy?: boolean): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

/** A statement, sent without a name: it leaves nothing behind in the session. */
export interface PostgresQuery {
  readonly text: string;
  readonly values?: unknown[];
  /** Reads what comes back. */
  readonly types?: { getTypeParser(): (text: string) => unknown };
}

/**
 * Keeps a lost idle connection from ending the process: Node does that with an 'error' event that nobody hears.
 *
 * The pool has let go of the connection by then, and whoever needs one gets another or is told.
 */
export function hearErrors(pool: PostgresPool): void {
  if (!pool.listeners("error").includes(ignore)) pool.on("error", ignore);
}

/** The listener for errors that come in another way, too: as the rejection of what was asked. */
export function ignore(): void {}
