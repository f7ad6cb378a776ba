import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";

/** A database of its own on a real server. */
export interface TestServer {
  readonly url: string;
  /** Stops and starts the server; null where it is somebody else's. */
  readonly power: ServerPower | null;
  /** A pool that is ended with the server. */
  pool(options?: pg.PoolConfig): pg.Pool;
  stop(): Promise<void>;
}

/** What can be done to a server. */
export interface ServerPower {
  stop(): Promise<void>;
  /** Stops it as a power failure would. */
  crash(): Promise<void>;
  start(): Promise<void>;
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
  const { server, lines, url } = await spawnServer(settings);
  const tell = async (command: string) => {
    const told = once(lines, "line");
    server.stdin?.write(`${command}\n`);
    const [answer] = await told;
    if (answer !== command) throw new Error(`the server answered ${answer} to ${command}`);
  };
  return {
    url,
    power: { stop: () => tell("stop"), crash: () => tell("crash"), start: () => tell("start") },
    pool: poolOf(url),
    async stop() {
      await endPools();
      server.stdin?.end();
      if (server.exitCode === null) await once(server, "exit");
    },
  };
}

async function runOnce(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

async function spawnServer(
  settings: readonly string[],
): Promise<{ readonly server: ChildProcess; readonly lines: Interface; readonly url: string }> {
  const flags = settings.flatMap((setting) => ["-c", setting]);
  const server = spawn(process.execPath, [...script("./postgres.process.ts"), ...flags], {
    env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const errors: string[] = [];
  server.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  const lines = createInterface(server.stdout);
  const timer = setTimeout(() => server.kill(), 30_000);
  const [url] = await Promise.race([once(lines, "line"), once(server, "exit")]);
  clearTimeout(timer);
  if (typeof url === "string" && url.startsWith("postgresql://")) return { server, lines, url };
  throw new Error(`PostgreSQL cannot run here: ${errors.join("").trim().split("\n").at(-1)}`);
}
