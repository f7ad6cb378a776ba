import { chmodSync } from "node:fs";
import { sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Ran, tollgate } from "./run-tollgate.ts";
import { openDay, type SampleStore, sampleStore } from "./sample-store.ts";

let store: SampleStore;
beforeEach(async () => {
  store = await sampleStore();
});
afterEach(() => store[Symbol.dispose]());

/** Runs a command on the store. */
function run(...args: readonly string[]): Promise<Ran> {
  return tollgate([...args, "--store", store.path]);
}

/** Changes something in the store, as carol with her key. */
function change(...args: readonly string[]): Promise<Ran> {
  return run(...args, "--by", "carol", "--reason", "as agreed", "--key-file", store.operatorKey);
}

/** The one reservation of alice that is open today. */
async function openReservation(): Promise<string> {
  const { stdout } = await run("ledger", "reservations", "--json");
  const kept: readonly { readonly id: string; readonly lease: boolean; readonly createdAt: string }[] =
    JSON.parse(stdout);
  return kept.find(({ lease, createdAt }) => !lease && createdAt.startsWith("2099"))?.id ?? "";
}

async function verdict(): Promise<string> {
  const { stdout } = await run("verify", "--closed", "-k", store.gateKey, "-k", store.operatorKey);
  return stdout.split("\n")[0] ?? "";
}

/** Where the ledger stands by itself, or by the receipts. */
async function standing(command: "budgets" | "balances"): Promise<unknown> {
  const { stdout } = await run(command, "--json", ...(command === "budgets" ? ["--all"] : []));
  const found: readonly Record<string, string>[] = JSON.parse(stdout);
  return found.map(({ budget, partition, window, unit, spent, held }) => [
    budget,
    partition,
    window,
    unit,
    spent,
    held,
  ]);
}

const alice = ["--partition", "user=alice"];

describe("a store after its gates are gone", () => {
  it("is put right by hand, and its receipts still verify and come to its balances", async () => {
    // A lease has no receipt, so that what it holds is on no record.
    const ledger = sqliteLedger(store.path);
    const kept = (await ledger.reservations()).find(({ reservation }) => reservation.id === "lease-1");
    await ledger.release(kept!.reservation, "");
    await ledger.close();
    expect(await standing("balances")).toEqual(await standing("budgets"));

    const topUp = await change("ledger", "top-up", "daily", "$5.00", ...alice);
    expect([topUp.code, topUp.stderr]).toEqual([0, ""]);
    expect(topUp.stdout).toMatch(
      /^daily \(user=alice\), 2099-01-05T00:00:00Z: -\$3\.75 spent, \$0\.40 held, \$8\.35 left of \$5\.00\nreceipt [0-9a-f-]{36} is #1 of chain operator-[0-9a-f-]{36}\n$/,
    );
    const refund = await change("ledger", "refund", "daily", "$0.25", ...alice);
    expect(refund.stdout).toMatch(/: -\$4\.00 spent, \$0\.40 held, \$8\.60 left of \$5\.00\n/);
    const less = await change("ledger", "adjust", "daily", "-$1.00", ...alice);
    expect(less.stdout).toMatch(/: -\$5\.00 spent, \$0\.40 held, \$9\.60 left of \$5\.00\n/);
    const more = await change("ledger", "adjust", "all", "+$0.50");
    expect(more.stdout).toMatch(/^all, total: \$6\.75 spent, \$0\.50 held, \$992\.75 left of \$1000\.00\n/);
    const calls = await change("ledger", "adjust", "steps", "-1 calls", "--window", "run:invoice-8");
    expect(calls.stdout).toMatch(/^steps, run:invoice-8: 0 calls spent, 0 calls held, 10 calls left/);

    const released = await change("ledger", "release", await openReservation());
    expect([released.code, released.stderr]).toEqual([0, ""]);
    expect(released.stdout).toMatch(
      /^given back: \$0\.40 of daily \(user=alice\), 1 call of steps, \$0\.40 of all\nreceipt [0-9a-f-]{36} is #1 of chain operator-/,
    );

    expect(await verdict()).toMatch(/^authentic: 32 receipts in 8 chains, /);
    expect(await standing("balances")).toEqual(await standing("budgets"));
    const shown = await run("budgets", "--budget", "daily", ...alice);
    expect(shown.stdout).toMatch(/\$5\.00 +-\$5\.00 +\$0\.00 +\$10\.00\n/);
    expect(shown.stdout).toContain("spent is below zero where more was put in");
  });

  it("tells who changed what and why, the newest first, as its receipts do", async () => {
    expect((await run("ledger", "adjustments")).stdout).toMatch(/^nobody has changed anything/);
    await change("ledger", "top-up", "all", "$1.00");
    await change("ledger", "adjust", "daily", "+$0.10", ...alice);
    const { stdout } = await run("ledger", "adjustments");
    const [, newest, first] = stdout.split("\n");
    expect(newest).toMatch(
      / correction +\$0\.10 {2}daily +user=alice +2099-01-05T00:00:00Z {2}carol {2}as agreed$/,
    );
    expect(first).toMatch(/ top-up +-\$1\.00 {2}all +total +carol {2}as agreed$/);
    const one = JSON.parse((await run("ledger", "adjustments", "--json", "--budget", "all")).stdout);
    expect(one).toHaveLength(1);
    expect(one[0]).toMatchObject({ kind: "top_up", unit: "usd", amount: "-1000000000", by: "carol" });

    const lines: string[] = [];
    const log = sqliteLog(store.path);
    for await (const receipt of log.read()) lines.push(`${JSON.stringify(receipt)}\n`);
    await log.close?.();
    const tail = await tollgate(["tail", store.folder.write("receipts.jsonl", lines.join(""))]);
    expect(tail.stdout).toMatch(/budget all +top-up +-\$1\.00\n +by carol: as agreed\n/);
    expect(tail.stdout).toMatch(/budget daily \(user=alice\) +correction +\$0\.10\n +by carol: as agreed\n/);
  });

  it("shows no control characters that somebody gave as a reason", async () => {
    const hostile = "\u001b[2J\u202e\r\nauthentic";
    const given = ["--by", hostile, "--reason", hostile, "--key-file", store.operatorKey];
    expect((await run("ledger", "top-up", "all", "$1.00", ...given)).code).toBe(0);
    for (const args of [["adjustments"], ["adjustments", "--json"]]) {
      const { stdout } = await run("ledger", ...args);
      expect(stdout).toMatch(/\\x1b\[2J|\\u001b\[2J/);
      expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });

  it("is changed once for each id", async () => {
    const first = await change("ledger", "top-up", "all", "$1.00", "--id", "march");
    const again = await change("ledger", "top-up", "all", "$1.00", "--id", "march");
    expect([again.code, again.stdout]).toEqual([0, first.stdout]);
    const other = await change("ledger", "top-up", "all", "$2.00", "--id", "march");
    expect([other.code, other.stdout]).toEqual([2, ""]);
    const { stdout } = await run("budgets", "--json", "--budget", "all");
    expect(JSON.parse(stdout)[0].spent).toBe("5250000000");
  });

  it("writes what it did as JSON", async () => {
    const topUp = JSON.parse((await change("ledger", "top-up", "all", "$1.00", "--json")).stdout);
    expect(topUp.balance).toMatchObject({ budget: "all", spent: "5250000000", left: "994250000000" });
    expect(topUp.receipt.body).toMatchObject({
      ...{ type: "adjustment", kind: "top_up", amount: "-1000000000", by: "carol", reason: "as agreed" },
    });
    const id = await openReservation();
    const released = JSON.parse((await change("ledger", "release", id, "--json")).stdout);
    expect(released.reservation).toBe(id);
    expect(released.receipt.body).toMatchObject({
      ...{ type: "settlement", outcome: "released", reservation: id },
      reason: "released by carol: as agreed",
    });
  });
});

describe("a change that is not to be", () => {
  const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["of no budget", ["top-up", "weekly", "$1.00"], /budget weekly has no balance/],
    [
      "of nobody in particular",
      ["top-up", "daily", "$1.00"],
      /has no balance for all: give --partition, of user=alice, user=bob$/m,
    ],
    [
      "of somebody else",
      ["top-up", "daily", "$1.00", "--partition", "user=carol"],
      /has no balance of user=carol: give --partition, of user=alice, user=bob$/m,
    ],
    [
      "of one of several windows",
      ["top-up", "steps", "1 calls"],
      /3 windows that have not ended: give --window, of run:invoice-8, run:invoice-7, run:invoice-1$/m,
    ],
    [
      "of no window",
      ["top-up", "daily", "$1.00", ...alice, "--window", "2099-01-06T00:00:00Z"],
      /no such window: give --window, of 2099-01-05T00:00:00Z, 2020-03-01T00:00:00Z$/m,
    ],
    ["in another unit", ["top-up", "daily", "5 calls", ...alice], /counts usd, not calls/],
    ["of nothing", ["refund", "all", "$0.00"], /changes nothing/],
    ["of an amount that a shell has eaten", ["refund", "all", ".00"], /single quotes/],
    ["of an amount that nobody can read", ["refund", "all", "5 dollars"], /write it like "\$5\.00"/],
    ["with a sign too many", ["refund", "all", "+$5.00"], /has a sign/],
    ["with a sign too few", ["adjust", "all", "$5.00"], /has no sign/],
    ["of more than can be counted", ["adjust", "all", "+$9223372036.00"], /cannot be added|2\^63/],
    ["with a slip in an option", ["adjust", "all", "+$5.00", "--windwo", "total"], /too many arguments/],
    ["of a lease", ["release", "lease-1"], /lease-1 is a lease/],
    ["of no reservation", ["release", "nobody"], /there is no reservation nobody/],
  ];

  it("is refused in one line, and changes nothing", async () => {
    const before = [await standing("budgets"), await verdict()];
    for (const [what, args, message] of wrong) {
      const { code, stdout, stderr } = await change("ledger", ...args);
      expect([what, code, stdout]).toEqual([what, 2, ""]);
      expect(stderr).toMatch(/^tollgate: [^\n]+\n$/);
      expect(stderr).toMatch(message);
    }
    expect([await standing("budgets"), await verdict()]).toEqual(before);
  });

  it("goes to the window that is named, also one that has ended", async () => {
    const ran = await change("ledger", "refund", "daily", "$1.00", ...alice, "-w", "2020-03-01T00:00:00Z");
    expect(ran.stdout).toMatch(/^daily \(user=alice\), 2020-03-01T00:00:00Z: \$2\.00 spent/);
    const named = await change("ledger", "refund", "daily", "$1.00", ...alice, "-w", openDay);
    expect(named.stdout).toMatch(/: \$0\.25 spent/);
  });

  it.each([
    ["nobody", ["--reason", "x", "--key-file", "KEY"], /--by/],
    ["no reason", ["--by", "x", "--key-file", "KEY"], /--reason/],
    ["no key", ["--by", "x", "--reason", "x"], /--key-file/],
    ["a key that is not there", ["--by", "x", "--reason", "x", "--key-file", "gone.jwk"], /gone\.jwk/],
    ["an empty name", ["--by", "", "--reason", "x", "--key-file", "KEY"], /by: /],
  ])("has %s behind it", async (_what, args, message) => {
    const given = args.map((arg) => (arg === "KEY" ? store.operatorKey : arg));
    const { code, stdout, stderr } = await run("ledger", "top-up", "all", "$1.00", ...given);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^tollgate: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  it("is one under a key that others can read", async () => {
    chmodSync(store.operatorKey, 0o644);
    const { code, stderr } = await change("ledger", "top-up", "all", "$1.00");
    expect(code).toBe(2);
    expect(stderr).toContain(store.operatorKey);
  });
});
