import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A PostgreSQL on this machine alone. */
export interface PostgresServer {
  /** `postgresql://user:password@127.0.0.1:port/database` */
  readonly url: string;
  /** Shuts it down and keeps what it has. */
  stop(): Promise<void>;
  /** Stops it as a power failure would. */
  crash(): Promise<void>;
  start(): Promise<void>;
  /** Stops it for good, and removes what it has. */
  remove(): Promise<void>;
}

/**
 * Starts a real PostgreSQL 18 on a free local port, which is gone when it is removed or this process ends.
 *
 * `settings` are of the kind `fsync=off`. Rejects with the reason where this machine cannot run it.
 */
export async function startPostgres(...settings: readonly string[]): Promise<PostgresServer> {
  const script = fileURLToPath(new URL("./postgres.process.ts", import.meta.url));
  const flags = settings.flatMap((setting) => ["-c", setting]);
  // Without what a test runner tells its own processes.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const server = spawn(process.execPath, [script, ...flags], { env, stdio: ["pipe", "pipe", "pipe"] });
  const errors: string[] = [];
  server.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  const lines = createInterface(server.stdout);
  const timer = setTimeout(() => server.kill(), 60_000);
  const [url] = await Promise.race([once(lines, "line"), once(server, "exit")]);
  clearTimeout(timer);
  if (typeof url !== "string" || !url.startsWith("postgresql://")) {
    throw new Error(`PostgreSQL cannot run here: ${errors.join("").trim()}`);
  }
  const tell = async (command: string): Promise<void> => {
    const told = once(lines, "line");
    server.stdin.write(`${command}\n`);
    const [answer] = await told;
    if (answer !== command) throw new Error(`PostgreSQL answered ${answer} to ${command}`);
  };
  return {
    url,
    stop: () => tell("stop"),
    crash: () => tell("crash"),
    start: () => tell("start"),
    async remove() {
      server.stdin.end();
      if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
    },
  };
}
