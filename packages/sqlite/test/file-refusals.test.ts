import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { InvalidConfig, StorageFailed } from "@tollgate/core";
import { sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { claim, grant, outcome, request } from "./requests.ts";
import { tempFile, tempFolder } from "./temp-folder.ts";

const reader = fileURLToPath(new URL("./read-only.process.ts", import.meta.url));

function execOn(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

describe("a file that is not there", () => {
  it("is made, with its folders", async () => {
    const path = join(tempFolder(), "a", "b", "tollgate.db");
    await sqliteLedger(path).close();
    expect(existsSync(path)).toBe(true);
  });
});

describe("a file that is not for this package is refused, and left as it is", () => {
  it.each([
    ["text", "Dear diary, today I met a robot.\n".repeat(50), /is not an SQLite database: give another path/],
    ["a few bytes", "SQL", /is not an SQLite database/],
  ])("%s", (_, text, message) => {
    const path = tempFile();
    writeFileSync(path, text);
    expect(() => sqliteLedger(path)).toThrow(StorageFailed);
    expect(() => sqliteLog(path)).toThrow(message);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it.each([
    ["with tables of its own", "CREATE TABLE t (a)"],
    ["marked as its own", "PRAGMA application_id = 42"],
    ["with a version of its own", "PRAGMA user_version = 7"],
  ])("another program's database %s", (_, sql) => {
    const path = tempFile();
    execOn(path, sql);
    const before = readFileSync(path);
    expect(() => sqliteFile(path)).toThrow(/is another program's SQLite database: give another path/);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  it("one of a newer version", async () => {
    const path = tempFile();
    await sqliteLedger(path).close();
    execOn(path, "PRAGMA user_version = 2");
    expect(() => sqliteLedger(path)).toThrow(
      /made by a newer version of @tollgate\/sqlite \(its schema is 2, known are 1 to 1\): upgrade the package/,
    );
  });

  it("a folder", () => {
    const path = tempFolder();
    expect(() => sqliteLedger(path)).toThrow(
      /cannot be opened: check that the folder exists and is writable/,
    );
  });
});

describe("a damaged file", () => {
  it("fails what needs the damaged part, says what to do, and grants nothing", async () => {
    const path = tempFile();
    const ledger = sqliteLedger(path);
    for (let n = 0; n < 200; n++) await grant(ledger, `key ${n}`, [claim({ limit: null })]);
    await ledger.close();
    const garbage = Buffer.alloc(4096 - 100, "garbage");
    const file = openSync(path, "r+");
    // All but the header, which says that it is a database of ours.
    const pages = readFileSync(path).length / 4096;
    for (let page = 1; page < pages; page++) writeSync(file, garbage, 0, garbage.length, page * 4096 + 8);
    let problem: unknown = "it was not noticed";
    try {
      const damaged = sqliteLedger(path);
      problem = await outcome(() => damaged.reserve(request("next")));
      await damaged.close();
    } catch (error) {
      problem = (error as Error).message;
    }
    expect(problem).toMatch(/is damaged: move it away and restore a backup/);
  });
});

describe("a file that cannot be written", () => {
  it.each(["the file", "the folder"])("is refused when it is %s that may not be changed", async (what) => {
    const folder = tempFolder();
    const inner = join(folder, "inner");
    mkdirSync(inner);
    const path = join(inner, "tollgate.db");
    await sqliteLedger(path).close();
    chmodSync(folder, 0o755);
    if (what === "the file") chmodSync(inner, 0o777);
    chmodSync(path, what === "the file" ? 0o444 : 0o666);
    if (what === "the folder") chmodSync(inner, 0o555);
    // As nobody, where this is root: root may write everything.
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--conditions=tollgate-source", "--no-warnings", reader, path],
      { encoding: "utf8" },
    );
    chmodSync(inner, 0o777);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^storage_failed .*tollgate\.db cannot be (written|opened): .* writable/);
  });
});

describe("options that make no sense are refused", () => {
  it.each([
    ["an empty path", () => sqliteLedger(""), /path: expected the path of a file/],
    ["a database in memory", () => sqliteLog(":memory:"), /path: expected the path of a file/],
    [
      "an unknown durability",
      () => sqliteFile("x.db", { durability: "ful" as "full" }),
      /durability: .*"full"/,
    ],
    [
      "a negative timeout",
      () => sqliteFile("x.db", { busyTimeoutMs: -1 }),
      /busyTimeoutMs: expected a whole/,
    ],
    [
      "an unknown option",
      () => sqliteLedger("x.db", { durabilty: "full" } as object),
      /did you mean durability/,
    ],
    [
      "an unknown age",
      () => sqliteLedger("x.db", { retention: { endedM: 1 } as object }),
      /did you mean endedMs/,
    ],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(InvalidConfig);
    expect(make).toThrow(message);
  });

  it("the file's options where it is given open", async () => {
    const file = sqliteFile(tempFile());
    const ledger = sqliteLedger(file);
    expect(() => sqliteLedger(file, { durability: "normal" })).toThrow(InvalidConfig);
    await ledger.close();
  });
});
