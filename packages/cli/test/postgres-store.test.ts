import { createGate } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { readKeyFile } from "@tollgate/core/node";
import { postgresApprovals, postgresLedger, postgresLog } from "@tollgate/postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDatabase, type TestDatabase } from "./postgres-database.ts";
import { type Ran, tollgate } from "./run-tollgate.ts";
import { openDay, sampleKeys, spend } from "./sample-store.ts";
import { TestFolder } from "./test-folder.ts";

let database: TestDatabase;
const folder = new TestFolder();
const { gateKey, operatorKey } = sampleKeys(folder);
beforeAll(async () => {
  database = await startDatabase();
});
afterAll(async () => {
  await database.stop();
  folder[Symbol.dispose]();
});

/** Runs a command on the store, and sees that its password stays where it is. */
async function run(...args: readonly string[]): Promise<Ran> {
  const ran = await tollgate(args, { env: { TOLLGATE_STORE: database.url } });
  expectNoPassword(ran, database.url);
  return ran;
}

function expectNoPassword({ stdout, stderr }: Ran, url: string): void {
  const { password } = new URL(url);
  expect(password.length).toBeGreaterThan(10);
  expect(stdout + stderr).not.toContain(password);
}

function change(...args: readonly string[]): Promise<Ran> {
  return run("ledger", ...args, "--by", "carol", "--reason", "as agreed", "--key-file", operatorKey);
}

async function standing(command: "budgets" | "balances"): Promise<unknown> {
  const { stdout } = await run(command, "--json", ...(command === "budgets" ? ["--all"] : []));
  const found: readonly Record<string, string>[] = JSON.parse(stdout);
  return found.map(({ budget, partition, window, spent, held }) => [budget, partition, window, spent, held]);
}

describe("a store in PostgreSQL", () => {
  it("is made by migrate, which every other command asks for until then", async () => {
    const before = await run("budgets");
    expect([before.code, before.stdout]).toEqual([2, ""]);
    expect(before.stderr).toMatch(
      /^tollgate: the schema tollgate is missing .*run tollgate migrate[^\n]*\n$/,
    );
    for (const _time of ["makes it", "finds it made"]) {
      const { code, stdout, stderr } = await run("migrate");
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/^the schema tollgate of postgresql:\/\/\S+ is up to date\n$/);
    }
    expect((await run("budgets")).stdout).toMatch(/^no such balance/);
  });

  it("is looked into, put right and verified like any other", async () => {
    const pool = new pg.Pool({ connectionString: database.url });
    await spend((clock) => ({ ledger: postgresLedger(pool, { clock }), log: postgresLog(pool) }), gateKey);
    const ledger = postgresLedger(pool);
    const lease = (await ledger.reservations()).find(({ reservation }) => reservation.id === "lease-1");
    const reservations = await run("ledger", "reservations");
    expect(reservations.stdout).toMatch(/^lease-1 +open, lease /m);
    // What it holds has no receipt.
    await ledger.release(lease!.reservation, "");
    await pool.end();

    const budgets = await run("budgets", "--budget", "daily", "--partition", "user=alice");
    expect(budgets.stdout).toMatch(/ 2099-01-06T00:00:00Z +\$5\.00 +\$1\.25 +\$0\.40 +\$3\.35\n$/);
    const top = await run("ledger", "top", "--json");
    expect(JSON.parse(top.stdout).map(({ spent }: { spent: string }) => spent)).toEqual([
      "6250000000",
      "2000000000",
      "1250000000",
    ]);

    const alice = ["--partition", "user=alice"];
    const topUp = await change("top-up", "daily", "$5.00", ...alice);
    expect([topUp.code, topUp.stderr]).toEqual([0, ""]);
    expect(topUp.stdout).toMatch(/: -\$3\.75 spent, \$0\.40 held, \$8\.35 left of \$5\.00\n/);
    expect((await change("refund", "daily", "$0.25", ...alice)).code).toBe(0);
    expect((await change("adjust", "all", "-$0.25")).code).toBe(0);
    const kept = JSON.parse((await run("ledger", "reservations", "--json", "--budget", "daily")).stdout);
    const open = kept.find(
      ({ status, claims }: { status: string; claims: readonly { window: string }[] }) =>
        status === "open" && claims[0]?.window === openDay,
    );
    const released = await change("release", open.id);
    expect([released.code, released.stderr]).toEqual([0, ""]);
    expect(released.stdout).toMatch(/^given back: \$0\.40 of daily \(user=alice\)/);
    expect((await change("release", "lease-1")).stderr).toMatch(/lease-1/);

    const verified = await run("verify", "--closed", "-k", gateKey, "-k", operatorKey);
    expect([verified.code, verified.stderr]).toEqual([0, ""]);
    expect(verified.stdout).toMatch(/^authentic: 26 receipts in 6 chains, /);
    expect(await standing("balances")).toEqual(await standing("budgets"));
    expect((await run("show", "-k", gateKey, "-k", operatorKey)).stdout).toMatch(/^invoice-7 +user=alice /m);
  });
});

describe("approvals in PostgreSQL", () => {
  it("are listed and granted like those in SQLite, and used by the run that asks again", async () => {
    const pool = new pg.Pool({ connectionString: database.url });
    const gate = createGate({
      log: postgresLog(pool),
      approvals: postgresApprovals(pool),
      signer: readKeyFile(gateKey),
      evaluators: [evaluator("careful", () => ({ decision: "require_approval", reason: "always" }))],
    });
    const pay = { kind: "tool", name: "pay" } as const;
    const mine = { run: gate.run({ id: "thread-7" }) };
    const id = (await gate.decide(pay, mine)).approval?.id ?? "";
    expect((await run("approvals", "list")).stdout).toContain(`${id}  pending  tool pay`);
    const by = ["--by", "carol", "--reason", "checked", "--key-file", operatorKey];
    const granted = await run("approvals", "grant", id, ...by);
    expect([granted.code, granted.stderr]).toEqual([0, ""]);
    expect(await gate.decide(pay, mine)).toMatchObject({ outcome: "allow", approval: { id } });
    await gate.close();
    await pool.end();
  });
});

describe("a database that lets nobody in", () => {
  it.each([
    ["for another password", { password: "wr0ngPassw0rd" }],
    ["for want of a server", { port: "1" }],
    ["for want of the database", { pathname: "/nowhere" }],
  ])("is told of in one line, without the password: %s", async (_what, change) => {
    const url = Object.assign(new URL(database.url), change).href;
    for (const command of ["budgets", "verify --bound", "migrate"]) {
      const ran = await tollgate([...command.split(" "), "--store", url]);
      expectNoPassword(ran, url);
      expect([ran.code, ran.stdout]).toEqual([2, ""]);
      expect(ran.stderr).toMatch(/^tollgate: cannot connect to postgresql:\/\/[^\n]+\n$/);
    }
  });
});

describe("a password on the command line", () => {
  it("is not repeated by what is wrong there", async () => {
    for (const args of [
      ["budgets", `--stor=${database.url}`],
      [database.url],
      ["verify", "--bound", database.url],
      ["budgets", "--store", database.url.replace("@", "%@")],
    ]) {
      const ran = await tollgate(args);
      expect(ran.code).toBe(2);
      expectNoPassword(ran, database.url);
    }
  });
});
