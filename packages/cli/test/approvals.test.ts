import { join } from "node:path";
import { createGate, type Gate } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { readKeyFile } from "@tollgate/core/node";
import { manualClock } from "@tollgate/core/testing";
import { sqliteApprovals, sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Ran, tollgate } from "./run-tollgate.ts";
import { sampleKeys } from "./sample-store.ts";
import { TestFolder } from "./test-folder.ts";

const pay = { kind: "tool", name: "pay", params: { to: "bob" } } as const;
const hostile = "\u001b[2J\u202e\r\ngranted";

let folder: TestFolder;
let path: string;
let keys: ReturnType<typeof sampleKeys>;
beforeEach(() => {
  folder = new TestFolder();
  path = join(folder.path, "tollgate.db");
  keys = sampleKeys(folder);
});
afterEach(() => folder[Symbol.dispose]());

/** A gate in another process than the command's, which it may as well be. */
function openGate(reason = "payments need a person", now?: number): Gate {
  const file = sqliteFile(path);
  const clock = manualClock();
  if (now !== undefined) clock.set(now);
  return createGate({
    ledger: sqliteLedger(file),
    log: sqliteLog(file),
    approvals: sqliteApprovals(file),
    signer: readKeyFile(keys.gateKey),
    evaluators: [
      evaluator("careful", () => ({ decision: "require_approval", reason, approver: "treasurer" })),
    ],
    ...(now === undefined ? {} : { clock }),
  });
}

/** Has a gate ask for a run's payment, and answers the approval's id. */
async function ask(run: string, ...gate: Parameters<typeof openGate>): Promise<string> {
  const asking = openGate(...gate);
  const { approval } = await asking.decide(pay, { run: asking.run({ id: run, user: "alice" }) });
  await asking.close();
  return approval?.id ?? "";
}

function run(...args: readonly string[]): Promise<Ran> {
  return tollgate(["approvals", ...args, "--store", path]);
}

function answer(command: string, id: string, ...more: readonly string[]): Promise<Ran> {
  return run(command, id, "--by", "carol", "--reason", "checked", "--key-file", keys.operatorKey, ...more);
}

describe("approvals in a store", () => {
  it("are listed and granted from the command line, and used by the run in another process", async () => {
    const id = await ask("thread-7");
    const { stdout } = await run("list");
    const [head, line, ...rest] = stdout.trimEnd().split("\n");
    expect(rest).toEqual([]);
    expect(head).toMatch(/^APPROVAL +STATUS +ACTION +FOR +RUN +ASKED \(UTC\) +EXPIRES \(UTC\) +APPROVER/);
    expect(line).toContain(`${id}  pending  tool pay  user=alice  thread-7`);
    expect(line).toMatch(/ treasurer +payments need a person$/);

    const granted = await answer("grant", id);
    expect([granted.code, granted.stderr]).toEqual([0, ""]);
    expect(granted.stdout).toMatch(
      /^granted: tool pay of run thread-7\nreceipt [0-9a-f-]{36} is #1 of chain operator-[0-9a-f-]{36}\n$/,
    );
    expect((await run("list")).stdout).toBe("the store keeps no such approval\n");
    expect((await run("list", "--status", "granted", "--run", "thread-7")).stdout).toMatch(
      / carol +checked$/m,
    );

    const resuming = openGate();
    const again = { run: resuming.run({ id: "thread-7", user: "alice" }) };
    expect(await resuming.decide(pay, again)).toMatchObject({ outcome: "allow" });
    await resuming.close();
    const used = JSON.parse((await run("list", "--status", "used", "--json")).stdout);
    expect(used).toMatchObject([{ id, status: "used", answer: { by: "carol", reason: "checked" } }]);
    expect(used[0].requestedAt).toMatch(/^\d{4}-\d\d-\d\dT/);

    const verified = await tollgate(["verify", "-k", keys.gateKey, "-k", keys.operatorKey, "--store", path]);
    expect(verified.stdout).toMatch(/^authentic: /);
    const shown = await tollgate(["show", "--run", "thread-7", "--store", path]);
    expect(shown.stdout).toMatch(/requested[\s\S]*granted[\s\S]*used/);
  });

  it("are denied for good, with JSON that has the receipt", async () => {
    const id = await ask("thread-7");
    const { stdout } = await answer("deny", id, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      approval: { id, status: "denied" },
      receipt: { body: { type: "approval", status: "denied", by: "carol", reason: "checked" } },
    });
    const gate = openGate();
    const again = { run: gate.run({ id: "thread-7", user: "alice" }) };
    expect(await gate.decide(pay, again)).toMatchObject({ code: "approval_denied" });
    await gate.close();
  });

  it("are not answered twice, nor after they ran out, and no receipt says so", async () => {
    const id = await ask("thread-7");
    await answer("grant", id);
    const twice = await answer("deny", id);
    expect([twice.code, twice.stdout]).toEqual([2, ""]);
    expect(twice.stderr).toContain(`approval ${id} is granted already`);
    const old = await ask("thread-8", undefined, Date.now() - 2 * 60 * 60 * 1000);
    expect((await run("list")).stdout).not.toContain(old);
    expect((await run("list", "--status", "expired")).stdout).toContain(`${old}  expired`);
    expect((await answer("grant", old)).stderr).toContain(`approval ${old} has run out`);
    expect((await answer("grant", "nobody")).stderr).toContain("there is no approval nobody");
    const log = sqliteLog(path);
    const steps: string[] = [];
    for await (const { body } of log.read()) if (body.type === "approval") steps.push(body.status);
    await log.close?.();
    expect(steps.sort()).toEqual(["expired", "granted", "requested", "requested"]);
  });

  it("go to one of two who answer at once, and the other hears who was first", async () => {
    const id = await ask("thread-7");
    const said = (command: string, by: string): Promise<Ran> =>
      run(command, id, "--by", by, "--reason", "checked", "--key-file", keys.operatorKey);
    const ran = await Promise.all([said("grant", "carol"), said("deny", "dave")]);
    const [first, second] = ran[0].code === 0 ? ran : [ran[1], ran[0]];
    expect([first.code, second.code, second.stdout]).toEqual([0, 2, ""]);
    const [status, by] = first === ran[0] ? ["granted", "carol"] : ["denied", "dave"];
    expect(first.stdout).toContain(`${status}: tool pay`);
    expect(second.stderr).toContain(`approval ${id} is ${status} already, by ${by}`);
    const log = sqliteLog(path);
    const steps: string[] = [];
    for await (const { body } of log.read()) if (body.type === "approval") steps.push(body.status);
    await log.close?.();
    expect(steps).toEqual(["requested", status]);
  });

  it("let one of two resumes at once through, and the other asks anew", async () => {
    const id = await ask("thread-7");
    await answer("grant", id);
    const gates = [openGate(), openGate()];
    const decisions = await Promise.all(
      gates.map((gate) => gate.decide(pay, { run: gate.run({ id: "thread-7", user: "alice" }) })),
    );
    const waiting = decisions.find(({ outcome }) => outcome === "require_approval");
    expect(decisions.map(({ outcome }) => outcome).sort()).toEqual(["allow", "require_approval"]);
    expect(waiting?.reason).toBe("payments need a person");
    expect(waiting?.approval?.id).not.toBe(id);
    for (const gate of gates) await gate.close();
    expect((await answer("grant", id)).stderr).toContain(`approval ${id} is used already, by carol`);
  });

  it("show no control characters that come from outside", async () => {
    await ask("thread-7", hostile);
    for (const args of [["list"], ["list", "--json"]]) {
      const { stdout } = await run(...args);
      expect(stdout).toMatch(/\\x1b\[2J|\\u001b\[2J/);
      expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });

  it("need to be told by whom, why and under which key, and which status is meant", async () => {
    const missing = await run("grant", "x", "--by", "carol", "--reason", "checked");
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("--key-file")]);
    expect((await run("list", "--status", "open")).stderr).toMatch(/pending, granted, denied/);
  });
});
