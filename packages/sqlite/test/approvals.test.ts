import { createGate, type Gate, type GateOptions } from "@tollgate/core";
import { agentName } from "@tollgate/core/driver";
import { evaluator } from "@tollgate/core/evaluators";
import { manualClock } from "@tollgate/core/testing";
import { sqliteApprovals, sqliteFile, sqliteLedger, sqliteLog, sqliteStops } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { OpenFile } from "../src/open-file.ts";
import { tempFile } from "./temp-folder.ts";

const dayMs = 24 * 60 * 60 * 1000;
const pay = { kind: "tool", name: "pay", params: { to: "bob" } } as const;

function gateOn(path: string, options: GateOptions = {}): Gate {
  const file = sqliteFile(path);
  return createGate({
    ledger: sqliteLedger(file),
    log: sqliteLog(file),
    approvals: sqliteApprovals(file),
    stops: sqliteStops(file, { withinMs: 0 }),
    evaluators: [
      evaluator("careful", () => ({ decision: "require_approval", reason: "payments need a person" })),
    ],
    ...options,
  });
}

describe("a gate whose approvals are in an SQLite file", () => {
  it("uses what was granted after the gate that asked had ended, and once", async () => {
    const path = tempFile();
    const asking = gateOn(path);
    const asked = await asking.decide(pay, { run: asking.run({ id: "thread" }) });
    expect(asked.outcome).toBe("require_approval");
    await asking.close();
    const answering = gateOn(path);
    await answering.approvals.grant(asked.approval?.id ?? "", { by: "carol" });
    await answering.close();
    const [one, two] = [gateOn(path), gateOn(path)];
    const decisions = await Promise.all(
      [one, two].map((gate) => gate.decide(pay, { run: gate.run({ id: "thread" }) })),
    );
    expect(decisions.map(({ outcome }) => outcome).sort()).toEqual(["allow", "require_approval"]);
    const steps: string[] = [];
    for await (const { body } of sqliteLog(path).read()) {
      if (body.type === "approval" && body.approval === asked.approval?.id) steps.push(body.status);
    }
    expect(steps).toEqual(["requested", "granted", "used"]);
    await Promise.all([one.close(), two.close()]);
  });

  it("denies what another gate stopped", async () => {
    const path = tempFile();
    const clock = manualClock();
    const [one, two] = [gateOn(path, { clock, evaluators: [] }), gateOn(path, { clock, evaluators: [] })];
    const run = two.run({ id: "thread" });
    expect(await two.decide(pay, { run })).toMatchObject({ outcome: "allow" });
    await one.stop("thread", "runaway loop");
    clock.advance(1);
    expect(await two.decide(pay, { run })).toMatchObject({ code: "run_stopped" });
    expect(run.stopped).toBe("runaway loop");
    await Promise.all([one.close(), two.close()]);
  });
});

describe("an SQLite file with approvals", () => {
  it("forgets what is over 30 days after its expiry, and keeps denials", async () => {
    const path = tempFile();
    const file = new OpenFile(path, { durability: "normal", busyTimeoutMs: 1000 });
    const store = sqliteApprovals(file);
    const ask = (id: string, requestedAt: number) =>
      store.ask(
        {
          id,
          status: "pending",
          digest: "d",
          policy: null,
          run: id,
          action: { kind: "tool", name: "pay" },
          subject: {},
          reason: "",
          approver: null,
          requestedAt,
          expiresAt: requestedAt + 10,
          decision: null,
          answer: null,
        },
        "x",
      );
    await ask("expired", 0);
    await ask("denied", 0);
    await store.answer("denied", { status: "denied", by: "carol", reason: null, at: 1 });
    await store.expire(10);
    await ask("later", 30 * dayMs);
    await store.expire(30 * dayMs + 9);
    expect((await store.list({ status: "all" })).map(({ id }) => id)).toEqual(["expired", "denied", "later"]);
    await store.expire(30 * dayMs + 10);
    expect((await store.list({ status: "all" })).map(({ id }) => id)).toEqual(["denied", "later"]);
    await store.close?.();
  });

  it("forgets runs' stops after seven days, and never gives a position twice", async () => {
    const path = tempFile();
    const file = new OpenFile(path, { durability: "normal", busyTimeoutMs: 1000 });
    const stops = sqliteStops(file);
    await stops.stop("old", "loop", 0);
    await stops.stop(agentName("bot") ?? "", "rogue", 0);
    await stops.stop("new", "loop", 7 * dayMs);
    const rows = file.database.prepare("SELECT position, name FROM stops ORDER BY position").all();
    expect(rows.map(({ position, name }) => [position, name])).toEqual([
      [2, JSON.stringify(agentName("bot"))],
      [3, '"new"'],
    ]);
    file.database.exec("DELETE FROM stops");
    await stops.stop("next", "loop", 7 * dayMs);
    expect(file.database.prepare("SELECT position FROM stops").all()).toMatchObject([{ position: 4 }]);
    await stops.close?.();
  });

  it("refuses options that make no sense", () => {
    expect(() => sqliteStops(tempFile(), { withinMs: -1 })).toThrow(/withinMs/);
    expect(() => sqliteApprovals(tempFile(), { durable: true } as object)).toThrow(/durable/);
  });
});
