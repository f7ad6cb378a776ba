/** The part of a `pg` Pool that Tollgate uses; any pool with it will do. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "connect", listener: (client: PostgresClient) => void): unknown;
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
 * Keeps lost connections from ending the process: Node does that with an 'error' event that nobody hears.
 *
 * Of a connection that nobody uses the pool tells, and has let go of it by then. Of one that is lost in the moment in
 * which it is handed out, neither the pool hears any more nor whoever gets it hears yet: so that every new one is
 * listened to from the start. Whoever uses it is told in another way, too: its statement fails.
 */
export function hearErrors(pool: PostgresPool): void {
  if (pool.listeners("error").includes(ignore)) return;
  pool.on("error", ignore);
  pool.on("connect", (client) => client.on("error", ignore));
}

/** The listener for errors that come in another way, too: as the rejection of what was asked. */
export function ignore(): void {}
