import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ran, tollgate } from "./run-tollgate.ts";
import { type SampleStore, sampleStore } from "./sample-store.ts";

let store: SampleStore;
beforeAll(async () => {
  store = await sampleStore();
});
afterAll(() => store[Symbol.dispose]());

/** A command's cells, line by line; at least two spaces stand between them. */
function cells({ stdout }: Ran): readonly (readonly string[])[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));
}

function run(command: string): Promise<Ran> {
  return tollgate([...command.split(" "), "--store", store.path]);
}

describe("tollgate budgets", () => {
  it("shows each balance whose window has not ended, with what is left of its limit", async () => {
    const ran = await run("budgets");
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    const window = ["2099-01-05T00:00:00Z", "2099-01-06T00:00:00Z"];
    expect(cells(ran)).toEqual([
      ["BUDGET", "PARTITION", "WINDOW", "ENDS", "LIMIT", "SPENT", "HELD", "LEFT"],
      ["all", "total", "never", "$1000.00", "$6.25", "$0.50", "$993.25"],
      ["daily", "user=alice", ...window, "$5.00", "$1.25", "$0.40", "$3.35"],
      ["daily", "user=bob", ...window, "$5.00", "$2.00", "$0.50", "$2.50"],
      ["steps", "run:invoice-1", "never", "10 calls", "1 call", "1 call", "8 calls"],
      ["steps", "run:invoice-7", "never", "10 calls", "1 call", "1 call", "8 calls"],
      ["steps", "run:invoice-8", "never", "10 calls", "1 call", "0 calls", "9 calls"],
    ]);
  });

  it("shows those that have ended with --all, and only what is asked for", async () => {
    const all = cells(await run("budgets --all --budget daily --partition user=alice"));
    expect(all.map(([, , window]) => window)).toEqual([
      "WINDOW",
      "2020-03-01T00:00:00Z",
      "2099-01-05T00:00:00Z",
    ]);
    const open = cells(await run("budgets --budget daily --partition user=alice"));
    expect(open.map(([, , window]) => window)).toEqual(["WINDOW", "2099-01-05T00:00:00Z"]);
    const none = await run("budgets --budget daily --partition user=carol");
    expect([none.code, none.stdout]).toEqual([
      0,
      "no such balance in a window that has not ended: --all shows the others\n",
    ]);
    const nowhere = await run("budgets --all --budget weekly");
    expect(nowhere.stdout).toMatch(/^no such balance: a budget has one from its first decision/);
  });

  it("writes JSON with exact amounts as text", async () => {
    const { stdout } = await run("budgets --json --budget daily --partition user=alice");
    expect(JSON.parse(stdout)).toEqual([
      {
        budget: "daily",
        partition: "user=alice",
        window: "2099-01-05T00:00:00Z",
        endsAt: "2099-01-06T00:00:00Z",
        unit: "usd",
        limit: "5000000000",
        spent: "1250000000",
        held: "400000000",
        left: "3350000000",
      },
    ]);
    expect(JSON.parse((await run("budgets --json --budget weekly")).stdout)).toEqual([]);
  });

  it("takes the store from the environment, and the command line's before that", async () => {
    const env = { TOLLGATE_STORE: store.path };
    const ran = await tollgate(["budgets", "-b", "all"], { env });
    expect([ran.code, cells(ran).length]).toEqual([0, 2]);
    const other = await tollgate(["budgets", "--store", "gone.db"], { env });
    expect(other.stderr).toContain("gone.db");
    const empty = await tollgate(["budgets"], { env: { TOLLGATE_STORE: "" } });
    expect(empty.stderr).toContain("which store?");
  });
});

describe("tollgate ledger top", () => {
  it("shows the balances with most spent of a unit first, with their share of the limit", async () => {
    const ran = await run("ledger top");
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(cells(ran).map(([spent, of, share, budget]) => [spent?.trim(), of, share, budget])).toEqual([
      ["SPENT", "OF", "SHARE", "BUDGET"],
      ["$6.25", "$1000.00", "0.6%", "all"],
      ["$2.00", "$5.00", "40.0%", "daily"],
      ["$1.25", "$5.00", "25.0%", "daily"],
    ]);
    expect(cells(await run("ledger top --limit 2"))).toHaveLength(3);
    const all = JSON.parse((await run("ledger top --all --budget daily --json")).stdout);
    expect(all.map(({ spent, share }: Record<string, unknown>) => [spent, share])).toEqual([
      ["3000000000", 0.6],
      ["2000000000", 0.4],
      ["1250000000", 0.25],
    ]);
  });

  it("compares by one unit, and tells the units that there are", async () => {
    expect(cells(await run("ledger top --unit calls")).map(([spent]) => spent?.trim())).toEqual([
      "SPENT",
      "1 call",
      "1 call",
      "1 call",
    ]);
    const other = await run("ledger top --unit tokens");
    expect([other.code, other.stdout]).toEqual([2, ""]);
    expect(other.stderr).toBe("tollgate: nothing is counted in tokens: give --unit, one of usd, calls\n");
  });
});

describe("tollgate ledger reservations", () => {
  it("shows what each holds, newest first, and which are leases or due", async () => {
    const ran = await run("ledger reservations --budget daily");
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    const found = ran.stdout.trimEnd().split("\n");
    expect(found[0]).toMatch(
      /^RESERVATION +STATUS +SINCE \(UTC\) +EXPIRES \(UTC\) +HOLDS +BUDGET +PARTITION$/,
    );
    const times = "2099-01-05 09:00:00 {2}2099-01-05 09:0";
    const alice = found.findIndex((line) => line.endsWith("$0.40  daily   user=alice"));
    expect(found[alice]).toMatch(new RegExp(`^[0-9a-f-]{36} {2}open +${times}5:00 `));
    expect(found[alice + 1]).toMatch(/^ +1 call {2}steps$/);
    expect(found[alice + 2]).toMatch(/^ +\$0\.40 {2}all$/);
    const lease = found.find((line) => line.startsWith("lease-1 "));
    expect(lease).toMatch(new RegExp(`^lease-1 +open, lease {2}${times}1:00 +\\$0\\.50 {2}daily +user=bob$`));
    expect(found.at(-3)).toMatch(/^[0-9a-f-]{36} {2}open, due +2020-03-01 09:00:00 .*\$0\.10 {2}daily/);
    expect(found).toHaveLength(8);
  });

  it("writes JSON", async () => {
    const kept = JSON.parse((await run("ledger reservations --json")).stdout);
    expect(kept).toHaveLength(3);
    expect(kept).toContainEqual({
      id: "lease-1",
      key: "lease daily",
      status: "open",
      lease: true,
      createdAt: "2099-01-05T09:00:00.000Z",
      expiresAt: "2099-01-05T09:01:00.000Z",
      claims: [
        {
          budget: "daily",
          partition: "user=bob",
          window: "2099-01-05T00:00:00Z",
          unit: "usd",
          amount: "500000000",
        },
      ],
    });
    const newest = JSON.parse((await run("ledger reservations --json --limit 1")).stdout);
    expect(newest).toHaveLength(1);
    const open = JSON.parse((await run("ledger reservations --json --open --limit 2")).stdout);
    expect(open).toEqual(kept.slice(0, 2));
    expect((await run("ledger reservations --budget weekly")).stdout).toBe(
      "the ledger keeps no such reservation\n",
    );
  });
});
