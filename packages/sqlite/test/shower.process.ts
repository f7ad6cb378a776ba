// One of several processes that are shown the same tokens: `node shower.process.ts <path> <expires at> <now>`.
// Says "ready", starts when it is told to, writes which tokens it took, and waits to be killed.
import { once } from "node:events";
import { sqliteReplays } from "@tollgate/sqlite";

const [, , path = "", expiresAt = "", now = ""] = process.argv;
const replays = sqliteReplays(path);
console.log("ready");
await once(process.stdin, "data");
const taken: string[] = [];
for (let nth = 0; nth < 50; nth++) {
  if (await replays.use(`token-${nth}`, Number(expiresAt), Number(now))) taken.push(`token-${nth}`);
}
console.log(JSON.stringify(taken));
