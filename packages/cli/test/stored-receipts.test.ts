import { writeFileSync } from "node:fs";
import { sqliteLog } from "@tollgate/sqlite";
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
});
