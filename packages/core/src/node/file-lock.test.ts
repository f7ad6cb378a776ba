import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StorageFailed } from "../errors.ts";
import { lockFile } from "./file-lock.ts";

let folder: string;
let path: string;
let lock: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "file-lock-"));
  path = join(folder, "receipts.jsonl");
  lock = `${path}.lock`;
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Beyond what Linux, macOS or Windows give out. */
const gone = 2 ** 30;

const isLinux = process.platform === "linux";

/** A process of this host and container. */
const here = { host: hostname(), space: isLinux ? readlinkSync("/proc/self/ns/pid") : null };

function leave(holder: unknown): void {
  writeFileSync(lock, JSON.stringify(holder));
}

describe("a lock", () => {
  it("names its holder and is gone once it is let go", () => {
    const unlock = lockFile(path);
    expect(JSON.parse(readFileSync(lock, "utf8"))).toMatchObject({ ...here, pid: process.pid });
    unlock();
    expect(existsSync(lock)).toBe(false);
  });

  it("is refused to a second holder until the first lets go", () => {
    const unlock = lockFile(path);
    expect(() => lockFile(path)).toThrow(StorageFailed);
    expect(() => lockFile(path)).toThrow(`delete ${lock} if it is gone for sure`);
    unlock();
    lockFile(path)();
  });

  it("is taken over from a process that is gone", () => {
    leave({ ...here, pid: gone, start: null });
    lockFile(path);
    expect(JSON.parse(readFileSync(lock, "utf8"))).toMatchObject({ pid: process.pid });
    expect(existsSync(`${lock}.takeover`)).toBe(false);
  });

  it.skipIf(!isLinux)(
    "is taken over when its holder's process id has gone to another process since, even to this one",
    () => {
      for (const pid of [process.pid, process.ppid]) {
        leave({ ...here, pid, start: "another-boot/1" });
        lockFile(path)();
      }
    },
  );

  it.each([
    ["a living process", { ...here, pid: process.ppid, start: null }, `process ${process.ppid}`],
    ["a process on another host", { ...here, host: "elsewhere", pid: gone, start: null }, "on elsewhere"],
    ["nobody who can be named", { pid: gone }, "does not say by whom"],
  ])("is not taken over from %s", (_, holder, message) => {
    leave(holder);
    const text = readFileSync(lock, "utf8");
    expect(() => lockFile(path)).toThrow(message);
    expect(readFileSync(lock, "utf8")).toBe(text);
  });

  it.skipIf(!isLinux).each([
    ["another container of the same host name", "pid:[1]"],
    ["a container that is not told", undefined],
  ])("is not taken over from %s, where its process id means nothing here", (_, space) => {
    leave({ host: hostname(), space, pid: gone, start: null });
    const text = readFileSync(lock, "utf8");
    expect(() => lockFile(path)).toThrow(/in another container of .*delete .* if it is gone for sure/);
    expect(readFileSync(lock, "utf8")).toBe(text);
  });

  it("is not taken over from somebody who is still writing his name", () => {
    writeFileSync(lock, "");
    expect(() => lockFile(path)).toThrow(/does not say by whom/);
  });

  it("is not taken over by two at once", () => {
    leave({ ...here, pid: gone, start: null });
    writeFileSync(`${lock}.takeover`, "");
    expect(() => lockFile(path)).toThrow(/another process is taking .* over/);
    expect(JSON.parse(readFileSync(lock, "utf8"))).toMatchObject({ pid: gone });
  });

  it("is not taken away from whoever took it over", () => {
    const unlock = lockFile(path);
    leave({ host: "elsewhere", pid: 1, start: null });
    unlock();
    expect(existsSync(lock)).toBe(true);
  });
});
