// Makes a database of its own on the server of an address, prints where it is, and drops it when it is told something,
// or its standard input ends: whoever started it was killed.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import pg from "pg";

const [given = ""] = process.argv.slice(2);
const name = `tollgate_test_${randomBytes(6).toString("hex")}`;
// It ends with its input alone, whatever the terminal tells all at once.
process.on("SIGINT", () => undefined);
// What somebody has added to the usual template is none of ours, nor is who uses it.
await runOnce(`CREATE DATABASE ${name} TEMPLATE template0`);
try {
  console.log(Object.assign(new URL(given), { pathname: `/${name}` }).href);
  process.stdin.resume();
  await Promise.race([once(process.stdin, "data"), once(process.stdin, "end")]);
} finally {
  process.stdin.destroy();
  await runOnce(`DROP DATABASE ${name} WITH (FORCE)`);
}

async function runOnce(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: given });
  await client.connect();
  await client.query(text).finally(() => client.end());
}
