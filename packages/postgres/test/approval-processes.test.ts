import type { Receipt } from "@tollgate/core";
import { verifyChain } from "@tollgate/core/verify";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { migrate, postgresApprovals, postgresLog } from "../src/index.ts";
import { approvingGate, pay, runs } from "./approving-gate.ts";
import { emptySchema } from "./clean-schema.ts";
import { all } from "./fixture.ts";
import { startProcess } from "./node-process.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool();
await migrate(pool);
beforeEach(() => emptySchema(pool));

const names = ["p0", "p1", "p2"];

/** Lets several processes do the same at once; answers what each of them says of each run. */
async function contend(what: "answer" | "resume"): Promise<readonly ReadonlyMap<string, string>[]> {
  const processes = names.map((name) => startProcess("approver", [what, server.url, name]));
  await Promise.all(processes.map((each) => each.hasWritten(1)));
  for (const each of processes) each.tell("go");
  expect(await Promise.all(processes.map(({ ended }) => ended))).toEqual([0, 0, 0]);
  return processes.map(
    ({ lines }) => new Map(lines.slice(1).map((line) => line.split(" ") as [string, string])),
  );
}

/** Who says this of a run, of several processes. */
const saying = (told: readonly ReadonlyMap<string, string>[], run: string, what: string) =>
  names.filter((_, nth) => told[nth]?.get(run) === what);

/** What the receipts tell of an approval, by the process where there is one. */
const stepsOf = (receipts: readonly Receipt[], id: string) =>
  receipts.flatMap(({ body }) =>
    body.type === "approval" && body.approval === id
      ? [[body.status, body.by].filter(Boolean).join(" ")]
      : [],
  );

describe("several processes on one database with approvals", () => {
  it("that answer the same requests, and then resume the same runs: one of them does, and the receipts tell which", async () => {
    const gate = approvingGate(pool);
    const asked = await Promise.all(runs.map((run) => gate.decide(pay, { run: gate.run({ id: run }) })));
    await gate.close();

    const answers = await contend("answer");
    const winners = new Map<string, string>();
    for (const run of runs) {
      const [winner = "", ...others] = saying(answers, run, "taken");
      expect(others).toEqual([]);
      expect([...saying(answers, run, "lost"), winner].sort()).toEqual(names);
      winners.set(run, winner);
    }

    const resumed = await contend("resume");
    for (const run of runs) {
      const isGranted = winners.get(run) === "p0";
      expect(saying(resumed, run, "allow")).toHaveLength(isGranted ? 1 : 0);
      expect(saying(resumed, run, isGranted ? "require_approval" : "deny")).toHaveLength(isGranted ? 2 : 3);
    }

    const receipts = await all(postgresLog(pool).read());
    expect((await verifyChain(receipts)).break).toBeNull();
    const kept = await postgresApprovals(pool).list({ status: "all" });
    for (const [nth, run] of runs.entries()) {
      const id = asked[nth]?.approval?.id ?? "";
      const winner = winners.get(run);
      const isGranted = winner === "p0";
      expect(stepsOf(receipts, id)).toEqual([
        "requested",
        ...(isGranted ? ["granted p0", "used p0"] : [`denied ${winner}`]),
      ]);
      const allowed = receipts.filter(
        ({ body }) =>
          body.type === "decision" && body.action.run === run && body.decision.outcome === "allow",
      );
      expect(allowed).toHaveLength(isGranted ? 1 : 0);
      // Where the grant was used up, the two who came too late asked for one and the same.
      const others = kept.filter((approval) => approval.run === run && approval.id !== id);
      expect(others.map(({ status }) => status)).toEqual(isGranted ? ["pending"] : []);
    }
  }, 120_000);
});
