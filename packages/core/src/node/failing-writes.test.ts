import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  appendAll,
  chain,
  file,
  found,
  leaveClosed,
  log,
  openLog,
  path,
  seal,
} from "../../test/failing-disk-log.ts";
import { ioError, noSpace } from "../../test/failing-file.ts";
import { StorageFailed } from "../errors.ts";
import { verifyChain } from "../receipt/verify-chain.ts";

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

it("is a StorageFailed that closing rejects with when the last sync fails", async () => {
  await openLog({ durability: "buffered" });
  file.failures.sync = ioError;
  await expect(log.close?.()).rejects.toThrow(StorageFailed);
  leaveClosed();
});
