// One of several processes whose gates share approvals: `node approver.process.ts <what> <url> <name>`.
// Says "ready", starts when it is told to, and writes what it got, one line each.
import { once } from "node:events";
import { InvalidAction } from "@tollgate/core";
import pg from "pg";
import { approvingGate, pay, runs } from "./approving-gate.ts";

const [, , what = "", url = "", name = ""] = process.argv;
const pool = new pg.Pool({ connectionString: url, max: 8 });
const gate = approvingGate(pool);
const pending = await gate.approvals.list();
console.log("ready");
await once(process.stdin, "data");
process.stdin.destroy();

if (what === "resume") {
  await Promise.all(
    runs.map(async (run) => {
      const { outcome } = await gate.decide(pay, { run: gate.run({ id: run }) });
      console.log(`${run} ${outcome}`);
    }),
  );
}
if (what === "answer") {
  // Each in its own way.
  const status = name === "p0" ? "grant" : "deny";
  await Promise.all(
    pending.map(async ({ id, run }) => {
      try {
        await gate.approvals[status](id, { by: name });
        console.log(`${run} taken`);
      } catch (error) {
        if (!(error instanceof InvalidAction)) throw error;
        console.log(`${run} lost`);
      }
    }),
  );
}
await gate.close();
await pool.end();
