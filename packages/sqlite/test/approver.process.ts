// One of several processes whose gates share approvals: `node approver.process.ts <what> <path> <name>`.
// Says "ready", starts when it is told to, and writes what it got, one line each.
import { once } from "node:events";
import { approvingGate, pay, runs } from "./approving-gate.ts";

const [, , what = "", path = "", name = ""] = process.argv;
const gate = approvingGate(path);
console.log("ready");
await once(process.stdin, "data");
process.stdin.destroy();

const tasks: Readonly<Record<string, (run: string) => Promise<void>>> = {
  /** Resumes each run, as everybody else does. */
  async resume(run) {
    const { outcome } = await gate.decide(pay, { run: gate.run({ id: run }) });
    console.log(`${run} ${outcome}`);
  },

  /** Answers each request, in its own way. */
  async answer(run) {
    const [pending] = await gate.approvals.list({ run });
    if (pending === undefined) return;
    const answering = name === "p0" ? gate.approvals.grant : gate.approvals.deny;
    const answered = await answering.call(gate.approvals, pending.id, { by: name }).catch(() => null);
    if (answered !== null) console.log(`${run} ${answered.status} by ${name}`);
  },
};
await Promise.all(runs.map((run) => tasks[what]?.(run)));
await gate.close();
