import { describe, expect, it } from "vitest";
import { appendAll, chain, file, found, log, openLog, seal } from "../../test/failing-disk-log.ts";
import { ioError, noSpace } from "../../test/failing-file.ts";
import { decisionContent, noon, openChain } from "../../test/sample-receipts.ts";
import { verifyChain } from "../receipt/verify-chain.ts";

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
