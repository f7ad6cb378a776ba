import { setTimeout as sleep } from "node:timers/promises";
import { type PostgresServer, startPostgres } from "@tollgate/conformance/postgres-server";
import pg from "pg";
import { describe } from "vitest";
import { makeDatabase } from "./given-database.ts";

/** A database of its own on a real server. */
export interface TestServer {
  readonly url: string;
  /** Stops and starts the server; null where it is somebody else's. */
  readonly power: Pick<PostgresServer, "stop" | "crash" | "start"> | null;
  /** A pool that is ended with the server. */
  pool(options?: pg.PoolConfig): pg.Pool;
  stop(): Promise<void>;
}

/** Tests of what a server has for all its databases: skipped, with the reason, where it is somebody else's. */
export function describeOwned(server: TestServer, why: string, name: string, tests: () => void): void {
  if (server.power !== null) describe(name, tests);
  else describe.skip(`${name} (not on the server of TOLLGATE_TEST_DATABASE_URL: ${why})`, tests);
}

/**
 * Starts a PostgreSQL for one test file, or makes a database on the one of TOLLGATE_TEST_DATABASE_URL, whose role has
 * to be a superuser: tests empty tables that only take new rows.
 *
 * `settings` are of the kind `fsync=off`; somebody else's server keeps its own.
 */
export async function startServer(...settings: readonly string[]): Promise<TestServer> {
  const pools: pg.Pool[] = [];
  // One whose test failed may never end.
  const endPools = () =>
    Promise.race([Promise.allSettled(pools.map((pool) => pool.end())), sleep(2_000, null, { ref: false })]);
  const poolOf = (url: string) => (options?: pg.PoolConfig) => {
    const pool = new pg.Pool({ connectionString: url, ...options });
    // Stopped servers are part of the tests.
    pool.on("error", () => undefined);
    pools.push(pool);
    return pool;
  };
  const given = process.env.TOLLGATE_TEST_DATABASE_URL ?? "";
  if (given !== "") {
    const database = await makeDatabase(given);
    return {
      url: database.url,
      power: null,
      pool: poolOf(database.url),
      async stop() {
        await endPools();
        await database.remove();
      },
    };
  }
  const server = await startPostgres(...settings);
  return {
    url: server.url,
    power: server,
    pool: poolOf(server.url),
    async stop() {
      await endPools();
      await server.remove();
    },
  };
}
