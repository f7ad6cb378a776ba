import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type PostgresServer, startPostgres } from "@tollgate/conformance/postgres-server";
import pg from "pg";

/** A database of its own on a real server. */
export interface TestServer {
  readonly url: string;
  /** Stops and starts the server; null where it is somebody else's. */
  readonly power: Pick<PostgresServer, "stop" | "crash" | "start"> | null;
  /** A pool that is ended with the server. */
  pool(options?: pg.PoolConfig): pg.Pool;
  stop(): Promise<void>;
}

/** How to start a script of this folder in a process of its own. */
export function script(name: string): readonly string[] {
  return ["--conditions=tollgate-source", fileURLToPath(new URL(name, import.meta.url))];
}

/** The environment of such a process: without what vitest tells its own. */
export const env: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name !== "NODE_OPTIONS"),
);

/**
 * Starts a PostgreSQL for one test file, or makes a database on the one of TOLLGATE_TEST_DATABASE_URL.
 *
 * `settings` are of the kind `fsync=off`.
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
  const given = process.env.TOLLGATE_TEST_DATABASE_URL;
  if (given !== undefined && given !== "") {
    const name = `tollgate_test_${randomBytes(6).toString("hex")}`;
    await runOnce(given, `CREATE DATABASE ${name}`);
    const url = new URL(given);
    url.pathname = `/${name}`;
    return {
      url: url.href,
      power: null,
      pool: poolOf(url.href),
      async stop() {
        await endPools();
        await runOnce(given, `DROP DATABASE ${name} WITH (FORCE)`);
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

async function runOnce(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text).finally(() => client.end());
}
