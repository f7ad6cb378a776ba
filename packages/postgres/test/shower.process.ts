// One of several processes that are shown the same tokens: `node shower.process.ts <url> <expires at> <now>`.
// Says "ready", starts when it is told to, writes which tokens it took, and waits to be killed.
import { once } from "node:events";
import pg from "pg";
import { postgresReplays } from "../src/index.ts";

const [, , connectionString = "", expiresAt = "", now = ""] = process.argv;
const pool = new pg.Pool({ connectionString });
// The server may be stopped before this process is.
pool.on("error", () => undefined);
const replays = postgresReplays(pool);
console.log("ready");
await once(process.stdin, "data");
const taken: string[] = [];
for (let nth = 0; nth < 50; nth++) {
  if (await replays.use(`token-${nth}`, Number(expiresAt), Number(now))) taken.push(`token-${nth}`);
}
console.log(JSON.stringify(taken));
