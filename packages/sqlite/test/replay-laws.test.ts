import { replayLaws } from "@tollgate/conformance/replay-laws";
import { describe, expect, it } from "vitest";
import { sqliteFile, sqliteReplays } from "../src/index.ts";
import { OpenFile } from "../src/open-file.ts";
import { emptiedFile } from "./emptied-file.ts";
import { startProcess } from "./node-process.ts";
import { tempFile } from "./temp-folder.ts";

const dayMs = 86_400_000;

describe("tokens in SQLite", () => {
  const empty = emptiedFile("shown");
  const make = () => {
    const path = empty();
    const file = new OpenFile(path, { durability: "normal", busyTimeoutMs: 4000 });
    const letGo = file.hold();
    const count = file.database.prepare("SELECT count(*) AS count FROM shown");
    return {
      open: () => sqliteReplays(path, { durability: "normal" }),
      count: () => Number(count.get()?.count),
      remove: letGo,
    };
  };
  for (const { rule, check } of replayLaws(make, { runs: 60 })) it(rule, check, 60_000);

  it("stand in the file that ledger and log share, if it is given", async () => {
    const file = sqliteFile(tempFile());
    const [one, other] = [sqliteReplays(file), sqliteReplays(file.path)];
    const now = Date.now();
    expect(await one.use("t-1", now + dayMs, now)).toBe(true);
    expect(await other.use("t-1", now + dayMs, now)).toBe(false);
    await one.close();
    await other.close();
    await expect(async () => one.use("t-2", now + dayMs, now)).rejects.toThrow(/is closed/);
  });

  it("stand there as fingerprints, which tell nobody an id", async () => {
    const file = sqliteFile(tempFile()) as OpenFile;
    const replays = sqliteReplays(file);
    await replays.use('["https://issuer.example","secret-jti"]', Date.now() + dayMs, Date.now());
    const rows = file.database.prepare("SELECT * FROM shown").all();
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toMatch(/issuer|secret/);
    await replays.close();
  });
});

describe("tokens that several processes are shown", () => {
  it("are taken once each, and stay so when whoever took them is killed", async () => {
    const path = tempFile();
    const now = Date.now();
    const processes = [0, 1, 2].map(() => startProcess("shower", [path, now + dayMs, now]));
    await Promise.all(processes.map((each) => each.hasWritten(1)));
    for (const each of processes) each.tell("go");
    await Promise.all(processes.map((each) => each.hasWritten(2)));
    for (const each of processes) each.kill();
    await Promise.all(processes.map(({ ended }) => ended));
    const taken = processes.flatMap(({ lines }) => JSON.parse(lines[1] ?? "[]") as string[]);
    const tokens = Array.from({ length: 50 }, (_, nth) => `token-${nth}`);
    expect(taken.sort()).toEqual(tokens.sort());
    const replays = sqliteReplays(path);
    for (const token of tokens) expect(await replays.use(token, now + dayMs, now)).toBe(false);
    await replays.close();
  }, 60_000);
});
