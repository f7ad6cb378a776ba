import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decisionContent, noon, openChain } from "../../test/sample-receipts.ts";
import { StorageFailed } from "../errors.ts";
import type { ReceiptChain } from "../receipt/chain.ts";
import type { ReceiptLog, SealedReceipt } from "../receipt/receipt-log.ts";
import { verifyChain } from "../receipt/verify-chain.ts";
import { createFileLog, type FileLogOptions } from "./file-log.ts";
import { type LogFile, openLogFile } from "./log-file.ts";

type Operation = "write" | "sync" | "truncate" | "rotate" | "syncNames";

/** A real file whose operations fail, fall short or wait as a test says. */
class TestFile implements LogFile {
  readonly #file: LogFile;
  readonly path: string;
  /** What the next operation of a kind throws; the one after it works again. */
  readonly failures: Partial<Record<Operation, Error>> = {};
  /** The most that one write takes. */
  maxWrite = Number.POSITIVE_INFINITY;
  /** A sync waits for this. */
  barrier: Promise<void> = Promise.resolve();
  readonly writes: number[] = [];
  syncs = 0;
  nameSyncs = 0;

  constructor(file: LogFile) {
    this.#file = file;
    this.path = file.path;
  }

  async write(bytes: Uint8Array, position: number): Promise<number> {
    return this.writeSync(bytes, position);
  }

  writeSync(bytes: Uint8Array, position: number): number {
    // A full disk takes some of it first.
    if (this.failures.write !== undefined)
      this.#file.writeSync(bytes.subarray(0, bytes.length >> 1), position);
    this.#fail("write");
    this.writes.push(bytes.length);
    return this.#file.writeSync(bytes.subarray(0, this.maxWrite), position);
  }

  async sync(): Promise<void> {
    this.syncs++;
    await this.barrier;
    this.#fail("sync");
    await this.#file.sync();
  }

  async truncate(length: number): Promise<void> {
    this.truncateSync(length);
  }

  truncateSync(length: number): void {
    this.#fail("truncate");
    this.#file.truncateSync(length);
  }

  rotateSync(to: string): void {
    this.#fail("rotate");
    this.#file.rotateSync(to);
  }

  async syncNames(): Promise<void> {
    this.nameSyncs++;
    this.#fail("syncNames");
    await this.#file.syncNames();
  }

  close(): void {
    this.#file.close();
  }

  #fail(operation: Operation): void {
    const failure = this.failures[operation];
    delete this.failures[operation];
    if (failure !== undefined) throw failure;
  }
}

let folder: string;
let path: string;
let file: TestFile;
let log: ReceiptLog;
let chain: ReceiptChain;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "file-log-"));
  path = join(folder, "receipts.jsonl");
});

afterEach(async () => {
  await log.close?.();
  rmSync(folder, { recursive: true });
});

/** A log with its opening receipt in it. */
async function openLog(options: FileLogOptions): Promise<void> {
  log = createFileLog(path, options, (at) => {
    file = new TestFile(openLogFile(at));
    return file;
  });
  const opened = openChain();
  chain = opened.chain;
  await log.append(opened.opening);
}

function seal(): SealedReceipt {
  return chain.seal(decisionContent(), noon);
}

/** What became of each append, in order: they are all begun in one turn. */
async function appendAll(entries: readonly SealedReceipt[]): Promise<string[]> {
  const results = await Promise.allSettled(entries.map(async (entry) => log.append(entry)));
  return results.map((result) => (result.status === "fulfilled" ? "done" : `${result.reason.name}`));
}

async function found(): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { body } of log.read()) seqs.push(body.seq);
  return seqs;
}

const noSpace = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
const ioError = Object.assign(new Error("EIO: i/o error"), { code: "EIO" });

describe.each([
  ["fsync", "write", noSpace],
  ["fsync", "sync", ioError],
  ["buffered", "write", noSpace],
] as const)("when, being %s, a %s fails", (durability, operation, failure) => {
  it("every append under way rejects and none of them is ever found", async () => {
    await openLog({ durability });
    const durable = readFileSync(path, "utf8");
    const head = await log.head("main");
    file.failures[operation] = failure;
    expect(await appendAll([seal(), seal(), seal()])).toEqual(Array(3).fill("StorageFailed"));
    expect(readFileSync(path, "utf8")).toBe(durable);
    expect(await log.head("main")).toEqual(head);
    expect(await found()).toEqual([0]);
  });

  it("it says what happened", async () => {
    await openLog({ durability });
    file.failures[operation] = failure;
    const append = (async () => log.append(seal()))();
    await expect(append).rejects.toThrow(`failed (${failure.message}); the receipt is not in it`);
    await expect(append).rejects.toMatchObject({ code: "storage_failed", cause: failure });
  });

  it("appends work again once the chain goes on from what the log has", async () => {
    await openLog({ durability });
    file.failures[operation] = failure;
    await appendAll([seal(), seal()]);
    expect(await appendAll([seal()]), "sealed on top of what failed").toEqual(["StorageFailed"]);
    chain.resume(await log.head("main"));
    expect(await appendAll([seal(), seal()])).toEqual(["done", "done"]);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(await verifyChain(lines)).toMatchObject({ verdict: "bound", receipts: 3 });
  });

  it("and the file cannot be cut back either, the log takes no more", async () => {
    await openLog({ durability });
    file.failures[operation] = failure;
    file.failures.truncate = ioError;
    await expect((async () => log.append(seal()))()).rejects.toThrow(
      /cannot be written any more.* could not be cut back/,
    );
    chain.resume(await log.head("main"));
    expect(await appendAll([seal()])).toEqual(["StorageFailed"]);
    await expect((async () => log.append(seal()))()).rejects.toThrow(/cannot be written any more/);
    expect(await found()).toEqual([0]);
  });
});

describe.each(["fsync", "buffered"] as const)("a file log that is %s", (durability) => {
  it("goes on with a write that took only some of the bytes", async () => {
    await openLog({ durability });
    file.maxWrite = 100;
    expect(await appendAll([seal(), seal()])).toEqual(["done", "done"]);
    expect(await found()).toEqual([0, 1, 2]);
    expect(await verifyChain(log.read())).toMatchObject({ verdict: "bound", receipts: 3 });
  });
});

describe("a group of appends", () => {
  it("shares one write and one sync", async () => {
    await openLog({});
    const before = { writes: file.writes.length, syncs: file.syncs };
    expect(await appendAll(Array.from({ length: 100 }, seal))).toEqual(Array(100).fill("done"));
    expect({ writes: file.writes.length - before.writes, syncs: file.syncs - before.syncs }).toEqual({
      writes: 1,
      syncs: 1,
    });
  });

  it("is no larger than maxPending", async () => {
    await openLog({ maxPending: 30 });
    const entries = Array.from({ length: 100 }, seal);
    const before = file.writes.length;
    expect(await appendAll(entries)).toEqual(Array(100).fill("done"));
    const sizes = [0, 30, 60, 90].map((start) =>
      entries.slice(start, start + 30).reduce((sum, { json }) => sum + Buffer.byteLength(json) + 1, 0),
    );
    expect(file.writes.slice(before)).toEqual(sizes);
    expect(await found()).toHaveLength(101);
  });

  it("is not answered, found or told of before the sync is done", async () => {
    await openLog({});
    const head = await log.head("main");
    let release: () => void = () => undefined;
    file.barrier = new Promise((resolve) => {
      release = resolve;
    });
    let answered = false;
    const append = Promise.resolve(log.append(seal())).then(() => {
      answered = true;
    });
    while (file.syncs < 2) await new Promise(setImmediate);
    expect(await found()).toEqual([0]);
    expect(await log.head("main")).toEqual(head);
    expect(answered).toBe(false);
    release();
    await append;
    expect(await log.head("main")).toEqual(chain.head);
    expect(await found()).toEqual([0, 1]);
  });

  it("takes those behind it along when it fails", async () => {
    await openLog({});
    let release: () => void = () => undefined;
    file.barrier = new Promise((resolve) => {
      release = resolve;
    });
    file.failures.sync = ioError;
    const first = appendAll([seal()]);
    while (file.syncs < 2) await new Promise(setImmediate);
    const behind = appendAll([seal(), seal()]);
    release();
    expect(await first).toEqual(["StorageFailed"]);
    expect(await behind).toEqual(["StorageFailed", "StorageFailed"]);
    expect(await found()).toEqual([0]);
  });

  it("is let in while a failed one is being cut off, if it follows what is durable", async () => {
    await openLog({});
    const head = await log.head("main");
    let release: () => void = () => undefined;
    file.failures.write = noSpace;
    file.barrier = new Promise((resolve) => {
      release = resolve;
    });
    const failed = appendAll([seal()]);
    // The write has failed, and the cut waits for its sync.
    while (file.syncs < 2) await new Promise(setImmediate);
    const onTop = appendAll([seal()]);
    chain.resume(head);
    const next = appendAll([seal()]);
    release();
    expect([await failed, await onTop, await next]).toEqual([["StorageFailed"], ["StorageFailed"], ["done"]]);
    expect(await found()).toEqual([0, 1]);
    expect(await verifyChain(log.read())).toMatchObject({ verdict: "bound", receipts: 2 });
  });

  it("that fails to be cut off takes along what was let in meanwhile", async () => {
    await openLog({});
    const head = await log.head("main");
    let release: () => void = () => undefined;
    file.failures.write = noSpace;
    file.barrier = new Promise((resolve) => {
      release = resolve;
    });
    const failed = appendAll([seal()]);
    while (file.syncs < 2) await new Promise(setImmediate);
    file.failures.sync = ioError;
    chain.resume(head);
    const next = appendAll([seal()]);
    release();
    expect([await failed, await next]).toEqual([["StorageFailed"], ["StorageFailed"]]);
    expect(await found()).toEqual([0]);
  });
});

describe("going on in a new file", () => {
  it.each(["rotate", "syncNames"] as const)(
    "fails the appends under way when %s fails, and is tried again",
    async (operation) => {
      await openLog({ maxFileBytes: 1000 });
      await appendAll([seal()]);
      file.failures[operation] = noSpace;
      expect(await appendAll([seal(), seal()])).toEqual(["StorageFailed", "StorageFailed"]);
      expect(await found()).toEqual([0, 1]);
      chain.resume(await log.head("main"));
      if (operation === "syncNames") {
        // Nothing in the new file is durable before its name is.
        file.failures.syncNames = ioError;
        expect(await appendAll([seal()])).toEqual(["StorageFailed"]);
        chain.resume(await log.head("main"));
      }
      expect(await appendAll([seal()])).toEqual(["done"]);
      expect(await appendAll([seal()])).toEqual(["done"]);
      expect(await found()).toEqual([0, 1, 2, 3]);
      expect(await verifyChain(log.read())).toMatchObject({ verdict: "bound", receipts: 4 });
    },
  );

  it("syncs the names once for each new file", async () => {
    await openLog({ maxFileBytes: 2500 });
    for (let count = 0; count < 8; count++) await appendAll([seal()]);
    expect(file.nameSyncs).toBe(2);
  });

  it("fails an append when it is buffered, too", async () => {
    await openLog({ maxFileBytes: 1000, durability: "buffered" });
    await appendAll([seal()]);
    file.failures.rotate = noSpace;
    expect(await appendAll([seal()])).toEqual(["StorageFailed"]);
    chain.resume(await log.head("main"));
    expect(await appendAll([seal()])).toEqual(["done"]);
    expect(await found()).toEqual([0, 1, 2]);
  });
});

describe("receipts that wait for a slow disk", () => {
  it("are only so many: one more rejects, those before it do not, and it goes on when the disk does", async () => {
    const { length } = openChain().chain.seal(decisionContent(), noon).json;
    await openLog({ maxWaiting: 10 * length + Math.floor(length / 2) });
    let release: () => void = () => undefined;
    file.barrier = new Promise((resolve) => {
      release = resolve;
    });
    const waiting = appendAll(Array.from({ length: 10 }, seal));
    while (file.syncs < 2) await new Promise(setImmediate);
    expect(await appendAll([seal(), seal()])).toEqual(["StorageFailed", "StorageFailed"]);
    release();
    expect(await waiting).toEqual(Array(10).fill("done"));
    chain.resume(await log.head("main"));
    expect(await appendAll(Array.from({ length: 10 }, seal))).toEqual(Array(10).fill("done"));
    expect(await found()).toHaveLength(21);
  });

  it("do not count any more once they have failed", async () => {
    await openLog({ maxWaiting: 4000 });
    for (let time = 0; time < 5; time++) {
      file.failures.write = noSpace;
      expect(await appendAll([seal(), seal(), seal()])).toEqual(Array(3).fill("StorageFailed"));
      chain.resume(await log.head("main"));
    }
    expect(await appendAll([seal(), seal(), seal()])).toEqual(Array(3).fill("done"));
  });

  it("are written in portions, so that long ones do not need as much memory again", async () => {
    await openLog({});
    const { action, ...rest } = decisionContent();
    const long = { ...rest, action: { ...action, params: "x".repeat(1_500_000) } };
    const before = file.writes.length;
    expect(await appendAll(Array.from({ length: 5 }, () => chain.seal(long, noon)))).toEqual(
      Array(5).fill("done"),
    );
    expect(file.writes.slice(before).map((bytes) => Math.round(bytes / 1_500_000))).toEqual([2, 2, 1]);
    expect(await found()).toHaveLength(6);
  });

  it("are told to whoever comes too late, and one alone may be as large as any", async () => {
    await openLog({ maxWaiting: 1 });
    expect(await appendAll([seal()])).toEqual(["done"]);
    const two = [seal(), seal()].map(async (entry) => log.append(entry));
    await expect(two[1]).rejects.toThrow(/does not keep up: 1 receipts wait for the disk already/);
    await two[0];
    expect(await found()).toEqual([0, 1, 2]);
  });
});

it("is a StorageFailed that closing rejects with when the last sync fails", async () => {
  await openLog({ durability: "buffered" });
  file.failures.sync = ioError;
  await expect(log.close?.()).rejects.toThrow(StorageFailed);
  log = { ...log, close: () => undefined };
});
