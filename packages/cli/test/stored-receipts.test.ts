import { writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { dropReceipts, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ran, tollgate } from "./run-tollgate.ts";
import { type SampleStore, sampleStore } from "./sample-store.ts";

let store: SampleStore;
/** The same receipts in a file. */
let file: string;
beforeAll(async () => {
  store = await sampleStore();
  const log = sqliteLog(store.path);
  const lines: string[] = [];
  for await (const receipt of log.read()) lines.push(`${JSON.stringify(receipt)}\n`);
  await log.close?.();
  file = store.folder.write("receipts.jsonl", lines.join(""));
});
afterAll(() => store[Symbol.dispose]());

describe("receipts in a store", () => {
  it.each([
    "verify -k KEY",
    "verify -k KEY --json",
    "verify --bound --closed --jobs 2",
    "show",
    "show -k KEY --run invoice-7",
    "balances",
    "balances -k KEY --json",
    "prove -r today#3",
    "export -f csv",
    "export -f dsse -k KEY",
  ])("are read as those of a file: %s", async (command) => {
    const args = command.replace("KEY", store.gateKey).split(" ");
    const stored = await tollgate([...args, "--store", store.path]);
    expect(stored.code).toBe(0);
    expect(stored.stdout.length).toBeGreaterThan(20);
    expect(stored).toEqual(await tollgate([...args, file]));
  });

  it("are those of the files where files are named, whatever the environment says", async () => {
    const env = { TOLLGATE_STORE: "gone.db" };
    expect((await tollgate(["verify", file, "--bound"], { env })).code).toBe(0);
    expect((await tollgate(["verify", "--bound"], { env })).stderr).toContain("gone.db");
  });

  it("are told by their number where they do not hold", async () => {
    const heads = store.folder.write(
      "heads.json",
      JSON.stringify({ chains: [{ chain: "today", seq: 7, digest: `sha256:${"0".repeat(64)}` }] }),
    );
    const broken: Ran = await tollgate([
      "verify",
      "--store",
      store.path,
      "-k",
      store.gateKey,
      "--heads",
      heads,
    ]);
    expect([broken.code, broken.stderr]).toEqual([1, ""]);
    expect(broken.stdout).toMatch(/^broken: .*tollgate\.db receipt 8, chain today, sequence 7: /);
    const untrusted = await tollgate(["balances", "--store", store.path, "-k", store.operatorKey]);
    expect([untrusted.code, untrusted.stdout]).toEqual([1, ""]);
    expect(untrusted.stderr).toMatch(
      /^tollgate: broken at .*tollgate\.db receipt 1, chain today, sequence 0: /,
    );
  });

  it("verify without the beginnings of their chains where that is said", async () => {
    const [log, rest]: [ReturnType<typeof sqliteLog>, string[]] = [sqliteLog(store.path), []];
    // The key, then all from the chain's checkpoint on.
    for await (const receipt of log.read({ chain: "today" })) {
      if (![1, 2, 3, 4, 5].includes(receipt.body.seq)) rest.push(`${JSON.stringify(receipt)}\n`);
    }
    await log.close?.();
    const trimmed = store.folder.write("trimmed.jsonl", rest.join(""));
    const args = ["verify", trimmed, "-k", store.gateKey];
    const whole = await tollgate(args);
    expect([whole.code, whole.stdout]).toEqual([1, expect.stringContaining("sequence_gap")]);
    const { code, stdout, stderr } = await tollgate([...args, "--trimmed"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^authentic: 3 receipts in 1 chain, /);
    expect(stdout).toContain("chain today: 3 receipts, the beginning up to #6 dropped, closed at ");
    const heads = [3, 5].map((seq) => ({ chain: "today", seq, digest: `sha256:${"0".repeat(64)}` }));
    const report = store.folder.write("before.json", JSON.stringify({ chains: heads }));
    const seen = await tollgate([...args, "--trimmed", "--heads", report]);
    expect([seen.code, seen.stdout]).toEqual([0, stdout]);
    expect(seen.stderr).toMatch(
      /^tollgate: 2 heads of --heads stand before what is left of the chain: [^\n]+\n$/,
    );
    expect((await tollgate(["export", "-f", "csv", trimmed, "--trimmed", "-k", store.gateKey])).code).toBe(0);
  });

  it("are told to be trimmed where a store dropped the old ones", async () => {
    using old = await sampleStore();
    const ledger = sqliteLedger(old.path);
    // What is held keeps its receipts.
    const open = (await ledger.reservations()).filter(({ createdAt }) => createdAt < Date.now());
    await ledger.close();
    const by = ["--by", "carol", "--reason", "is over", "--key-file", old.operatorKey];
    for (const { reservation } of open) {
      const released = await tollgate(["ledger", "release", reservation.id, "--store", old.path, ...by]);
      expect(released.code).toBe(0);
    }
    expect(await dropReceipts(old.path, { before: "2030-01-01T00:00:00Z" })).toHaveLength(1);
    const args = ["verify", "--store", old.path, "-k", old.gateKey, "-k", old.operatorKey];
    const broken = await tollgate(args);
    expect(broken.code).toBe(1);
    expect(broken.stdout).toMatch(
      /^broken: .* chain before, .*sequence_gap.*\n.*--trimmed verifies what is left/,
    );
    const { code, stdout } = await tollgate([...args, "--trimmed"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^authentic: /);
    expect(stdout).toMatch(/^chain before: 3 receipts, the beginning up to #4 dropped, closed/m);
    const balances = await tollgate(["balances", "--store", old.path, "--trimmed", "--budget", "daily"]);
    expect(balances.code).toBe(0);
    // What was spent before is not on record any more.
    expect(balances.stdout).not.toContain("2020-03-01");
    expect(balances.stdout).toMatch(/user=bob +2099-01-05T00:00:00Z +\$2\.00 +\$0\.00\n/);
  });

  it("may be none", async () => {
    const empty = `${store.folder.path}/empty.db`;
    await sqliteLog(empty).close?.();
    const ran = await tollgate(["show", "--store", empty]);
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([
      2,
      "",
      `tollgate: there are no receipts in ${empty}\n`,
    ]);
  });
});

describe("a file that is no store yet", () => {
  it("is not made one", async () => {
    const path = `${store.folder.path}/typo.db`;
    writeFileSync(path, "");
    const { code, stderr } = await tollgate(["budgets", "--store", path]);
    expect([code, stderr]).toEqual([
      2,
      `tollgate: ${path} is an empty file: a gate makes a store of it, this command does not\n`,
    ]);
  });
});

describe("tollgate migrate", () => {
  it("has nothing to do for an SQLite file, and says whether its schema fits", async () => {
    const { code, stdout } = await tollgate(["migrate", "--store", store.path]);
    expect([code, stdout]).toEqual([
      0,
      `nothing to do: the schema of ${store.path} fits, and opening a file makes what it lacks\n`,
    ]);
  });

  it("says so where the schema of an SQLite file is newer than the package", async () => {
    const path = `${store.folder.path}/newer.db`;
    await sqliteLog(path).close?.();
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 99");
    database.close();
    const { code, stdout, stderr } = await tollgate(["migrate", "--store", path]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^tollgate: \S+newer\.db was made by a newer version of @tollgate\/sqlite .*\n$/);
  });
});
