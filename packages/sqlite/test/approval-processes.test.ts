import { describe, expect, it } from "vitest";
import { sqliteLog } from "../src/index.ts";
import { approvingGate, pay, runs } from "./approving-gate.ts";
import { startProcess } from "./node-process.ts";
import { tempFile } from "./temp-folder.ts";

/** Lets several processes do the same on one file, and answers what all of them wrote. */
async function contend(what: string, path: string): Promise<readonly string[]> {
  const processes = [0, 1, 2].map((nth) => startProcess("approver", [what, path, `p${nth}`]));
  await Promise.all(processes.map((each) => each.hasWritten(1)));
  for (const each of processes) each.tell("go");
  expect(await Promise.all(processes.map(({ ended }) => ended))).toEqual([0, 0, 0]);
  return processes.flatMap(({ lines }) => lines.slice(1));
}

/** The steps that the receipts tell of, by approval. */
async function stepsIn(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const log = sqliteLog(path);
  const steps = new Map<string, string[]>();
  for await (const { body } of log.read()) {
    if (body.type !== "approval") continue;
    steps.set(body.approval, [...(steps.get(body.approval) ?? []), body.status]);
  }
  await log.close?.();
  return steps;
}

describe("several processes on one file with approvals", () => {
  it("that answer the same requests are taken once each, and those that resume a run make its call once", async () => {
    const path = tempFile();
    const gate = approvingGate(path);
    const asked = await Promise.all(runs.map((run) => gate.decide(pay, { run: gate.run({ id: run }) })));
    const answers = await contend("answer", path);
    expect(answers.map((line) => line.split(" ")[0]).sort()).toEqual([...runs].sort());
    const granted = answers.flatMap((line) => (line.includes(" granted ") ? [line.split(" ")[0]] : []));

    const resumed = await contend("resume", path);
    expect(resumed).toHaveLength(3 * runs.length);
    const allowed = resumed.flatMap((line) => (line.endsWith(" allow") ? [line.split(" ")[0]] : []));
    expect(allowed.sort()).toEqual(granted.sort());
    const denied = resumed.filter((line) => line.endsWith(" deny"));
    expect(denied).toHaveLength(3 * (runs.length - granted.length));

    const steps = await stepsIn(path);
    for (const { approval, action } of asked) {
      expect(action.name).toBe("pay");
      const run = approval?.run ?? "";
      const expected = granted.includes(run) ? ["requested", "granted", "used"] : ["requested", "denied"];
      expect(steps.get(approval?.id ?? "")).toEqual(expected);
    }
    // Where a grant was used up already, the two who came too late asked for one and the same.
    expect(steps.size).toBe(runs.length + granted.length);
    await gate.close();
  }, 60_000);
});
