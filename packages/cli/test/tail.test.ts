import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startTollgate, tollgate } from "./run-tollgate.ts";
import { sampleLines, samplePath } from "./sample.ts";
import { TestFolder } from "./test-folder.ts";

const text = (from: number, to: number): string =>
  sampleLines
    .slice(from, to)
    .map((line) => `${line}\n`)
    .join("");

/** A `tollgate tail -f` under way, and all that it has said. */
class Following {
  readonly child: ChildProcessWithoutNullStreams;
  stdout = "";
  stderr = "";

  constructor(...args: readonly string[]) {
    this.child = startTollgate(["tail", "-f", ...args]);
    this.child.stdout.on("data", (chunk: Buffer) => {
      this.stdout += chunk.toString();
    });
    this.child.stderr.on("data", (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
  }

  /** Waits until it has shown so many receipts, however long that takes. */
  async shows(receipts: number): Promise<readonly string[]> {
    for (;;) {
      const shown = this.stdout.match(/^ \d\d:\d\d:\d\d\.\d{3} +#\d+/gm) ?? [];
      if (shown.length >= receipts) return shown.map((line) => line.replace(/.*#/, ""));
      await new Promise((resolve, reject) => {
        this.child.stdout.once("data", resolve);
        this.child.once("close", () => reject(new Error(`it ended: ${this.stderr}`)));
      });
    }
  }

  async end(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.child.once("close", resolve));
    this.child.kill("SIGINT");
    return ended;
  }
}

const started: Following[] = [];

function follow(...args: readonly string[]): Following {
  const following = new Following(...args);
  started.push(following);
  return following;
}

afterEach(() => {
  for (const { child } of started.splice(0)) child.kill("SIGKILL");
});

describe("tollgate tail", () => {
  it("shows the last receipts, ten unless it is told how many", async () => {
    const seqs = async (...args: readonly string[]): Promise<number> =>
      ((await tollgate(["tail", samplePath, ...args])).stdout.match(/^ \d\d:/gm) ?? []).length;
    expect(await seqs()).toBe(10);
    expect(await seqs("-n", "3")).toBe(3);
    expect(await seqs("-n", "0")).toBe(0);
    expect(await seqs("-n", "1000")).toBe(sampleLines.length);
  });

  it("shows what a run and its children did", async () => {
    const { stdout } = await tollgate(["tail", samplePath, "-n", "100", "--json", "-r", "invoice-7-reader"]);
    const receipts = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(receipts.map(({ body }) => body.type)).toEqual(["decision", "settlement"]);
    const root = await tollgate(["tail", samplePath, "-n", "100", "--json", "-r", "invoice-7"]);
    for (const line of stdout.trimEnd().split("\n")) expect(root.stdout).toContain(line);
  });

  it("passes over a last line that is still being written", async () => {
    using folder = new TestFolder();
    const file = folder.write("receipts.jsonl", `${text(0, 2)}${sampleLines[2]?.slice(0, 100)}`);
    const { code, stdout, stderr } = await tollgate(["tail", file]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("#1");
    expect(stdout).not.toContain("#2");
  });
});

describe("tollgate tail -f", () => {
  it("shows each receipt when its line is whole", async () => {
    using folder = new TestFolder();
    const file = folder.write("receipts.jsonl", text(0, 2));
    const tail = follow(file);
    expect(await tail.shows(2)).toEqual(["0", "1"]);
    const [half, rest] = [sampleLines[2]?.slice(0, 300) ?? "", sampleLines[2]?.slice(300) ?? ""];
    appendFileSync(file, `${rest === "" ? "" : half}`);
    appendFileSync(file, `${rest}\n${text(3, 5)}`);
    expect(await tail.shows(5)).toEqual(["0", "1", "2", "3", "4"]);
    expect(tail.stderr).toBe("");
    expect(await tail.end()).toBe(null);
  });

  it("goes on in the file that takes the name, after all of the one before", async () => {
    using folder = new TestFolder();
    const file = folder.write("receipts.jsonl", text(0, 2));
    const tail = follow(file);
    await tail.shows(2);
    appendFileSync(file, text(2, 4));
    renameSync(file, join(folder.path, "receipts.000001.jsonl"));
    writeFileSync(file, text(4, 6));
    expect(await tail.shows(6)).toEqual(["0", "1", "2", "3", "4", "5"]);
    appendFileSync(file, text(6, 7));
    expect((await tail.shows(7)).at(-1)).toBe("6");
  });

  it("ends with a word on what happened when the file is cut", async () => {
    using folder = new TestFolder();
    const file = folder.write("receipts.jsonl", text(0, 3));
    const tail = follow(file);
    await tail.shows(3);
    const ended = new Promise<number | null>((resolve) => tail.child.once("close", resolve));
    writeFileSync(file, text(0, 1));
    expect(await ended).toBe(2);
    expect(tail.stderr).toMatch(/^tollgate: [^\n]*was cut while it was followed[^\n]*\n$/);
  });

  it("ends quietly when nobody reads on", async () => {
    using folder = new TestFolder();
    const file = folder.write("receipts.jsonl", text(0, 1));
    const tail = follow(file);
    await tail.shows(1);
    const ended = new Promise((resolve) => tail.child.once("close", resolve));
    tail.child.stdout.destroy();
    appendFileSync(file, text(1, 2));
    await ended;
    expect(tail.stderr).toBe("");
  });
});
