import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { appendAll, decision, SampleChain, settlement } from "@tollgate/conformance/sample-chain";
import { createSigner, InvalidConfig, StorageFailed } from "@tollgate/core";
import { keyContent } from "@tollgate/core/testing";
import { verifyChain } from "@tollgate/core/verify";
import { dropReceipts, sqliteLog } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { isCheckpoint, isKey, never, recordWithinMs, setup, start, trimmed } from "./dropping.ts";
import { tempFile } from "./temp-folder.ts";

describe("dropping receipts", () => {
  it("leaves of each chain its keys, its last checkpoint before the time, and all after it", async () => {
    const { file, gateOn, work, read, clock } = setup();
    const [one, two] = [gateOn("one"), gateOn("two")];
    await work(one, 2);
    const keys = [one.publicKey, two.publicKey];
    const next = createSigner();
    await one.rotate(next);
    await work(two, 1);
    await work(one, 4);
    const before = clock.now();
    await work(one, 6);
    await work(two, 3);
    await Promise.all([one.close(), two.close()]);
    const [all, ofOne, ofTwo] = [await read(), await read("one"), await read("two")];
    const left = [trimmed(ofOne, before), trimmed(ofTwo, before)];
    expect(await dropReceipts(file, { before })).toEqual(
      [ofOne, ofTwo].map((receipts, nth) => ({
        chain: nth === 0 ? "one" : "two",
        from: left[nth]!.find(isCheckpoint)!.body.seq,
        receipts: receipts.length - left[nth]!.length,
      })),
    );
    expect(await read("one")).toEqual(left[0]);
    expect(await read("two")).toEqual(left[1]);
    // Two keys, then the checkpoint: the first sign that the shape is the one promised.
    expect(left[0]!.slice(0, 3).map(({ body }) => body.type)).toEqual(["key", "key", "checkpoint"]);
    const kept = new Set(left.flat().map(({ body }) => body.id));
    expect(await read()).toEqual(all.filter(({ body }) => kept.has(body.id)));
    expect(await dropReceipts(file, { before })).toEqual([]);
    expect(await verifyChain(await read(), { keys, trimmed: true })).toMatchObject({
      verdict: "authentic",
      break: null,
      chains: left.map((receipts, nth) => ({
        chain: nth === 0 ? "one" : "two",
        from: receipts.find(isCheckpoint)!.body.seq,
        closed: true,
      })),
    });
    expect(await verifyChain(await read(), { keys })).toMatchObject({ verdict: "broken" });
  });

  it("goes on from what an earlier one left, and so does the chain", async () => {
    const { path, file, gateOn, work, read, clock } = setup();
    const gate = gateOn("one");
    await work(gate, 2);
    await dropReceipts(file, { before: new Date(clock.now()) });
    await work(gate, 3);
    const receipts = await read("one");
    const before = new Date(clock.now()).toISOString();
    // As another program does that has the path alone.
    expect(await dropReceipts(path, { before })).toMatchObject([{ chain: "one" }]);
    expect(await read("one")).toEqual(trimmed(receipts, clock.now()));
    await work(gate, 2);
    await gate.close();
    expect((await read("one")).at(-1)?.body.type).toBe("close");
  });

  it("lets a gate that is started anew go on with the chain, though without checkpoints", async () => {
    const { file, gateOn, work, permit, read, clock } = setup();
    const signer = createSigner();
    const died = gateOn("one", { signer });
    await work(died, 3);
    await dropReceipts(file, { before: clock.now() });
    const left = (await read("one")).length;
    const failures: string[] = [];
    const next = gateOn("one", {
      signer,
      onFailure: ({ during, cause }) => failures.push(`${during}: ${String(cause)}`),
    });
    for (let count = 0; count < 12; count++) await (await permit(next)).settle();
    await next.close();
    const receipts = await read("one");
    expect(receipts.slice(left).map(({ body }) => body.type)).toEqual([
      ...Array.from({ length: 12 }, () => ["decision", "settlement"]).flat(),
      "close",
    ]);
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) expect(failure).toMatch(/^checkpoint: .* so it gets no checkpoints$/);
    expect(await verifyChain(receipts, { keys: [signer.publicKey], trimmed: true })).toMatchObject({
      verdict: "authentic",
    });
  });

  it("keeps a chain whole that has no checkpoint, or none that is old enough", async () => {
    const { file, gateOn, work, read, permit, clock } = setup();
    const [plain, young] = [gateOn("plain", never), gateOn("young")];
    for (let count = 0; count < 20; count++) await (await permit(plain)).settle();
    for (let count = 0; count < 3; count++) await (await permit(young)).settle();
    clock.advance(1000);
    const before = clock.now();
    await work(young, 2);
    const receipts = await read();
    expect(await dropReceipts(file, { before })).toEqual([]);
    expect(await dropReceipts(file, { before: start })).toEqual([]);
    expect(await read()).toEqual(receipts);
  });

  it("keeps a decision whose reservation has not ended, and what comes after it in its chain", async () => {
    const { file, gateOn, work, read, permit, clock } = setup();
    const [gate, other] = [gateOn("one"), gateOn("other")];
    await work(gate, 2);
    const open = await permit(gate);
    const opened = clock.now();
    clock.advance(1);
    await work(gate, 4);
    await work(other, 2);
    const [receipts, others] = [await read("one"), await read("other")];
    await dropReceipts(file, { before: clock.now() });
    expect(await read("one")).toEqual(trimmed(receipts, opened));
    expect(await read("other")).toEqual(trimmed(others, clock.now()));
    await open.settle();
    const ended = await read("one");
    await dropReceipts(file, { before: clock.now() });
    expect(await read("one")).toEqual(trimmed(ended, clock.now()));
    expect((await read("one")).length).toBeLessThan(receipts.length);
  });

  it("keeps a decision whose ending is booked, but on record nowhere yet", async () => {
    const { file, gateOn, work, read, permit, ledger, clock } = setup();
    const dying = gateOn("dying");
    await work(dying, 2);
    const { id } = await permit(dying);
    const decided = clock.now();
    clock.advance(1);
    await work(dying, 3);
    const kept = (await ledger.reservations()).find(({ reservation }) => reservation.id === id);
    await ledger.settle(kept!.reservation, {}, "reported");
    const receipts = await read("dying");
    for (const waitMs of [0, recordWithinMs, 0]) {
      clock.advance(waitMs);
      await dropReceipts(file, { before: clock.now() });
      expect(await read("dying")).toEqual(trimmed(receipts, decided));
      // Has the ledger look through the receipts; nobody writes what it tells.
      for await (const ended of ledger.expire(clock.now())) expect(ended.id).toBe(id);
    }
    const living = gateOn("living", never);
    clock.advance(recordWithinMs);
    await (await permit(living)).settle();
    expect(
      (await read("living")).some(({ body }) => body.type === "settlement" && body.decision === id),
    ).toBe(true);
    await dropReceipts(file, { before: clock.now() });
    expect(await read("dying")).toEqual(trimmed(receipts, clock.now()));
  });

  it("keeps open decisions also where budgets are kept elsewhere", async () => {
    const path = tempFile();
    const log = sqliteLog(path);
    const main = new SampleChain("main");
    const checkpoint = () => main.seal({ type: "checkpoint", size: 0, root: "" });
    const [open, plain] = [main.newId(), main.newId()];
    const entries = [
      main.seal(),
      main.seal(decision("a", { id: plain })),
      checkpoint(),
      main.seal(decision("a", { id: open, reservation: open })),
      checkpoint(),
      main.seal(settlement(open, { reservation: open })),
    ];
    const seqs = async () => {
      const found: number[] = [];
      for await (const { body } of log.read()) found.push(body.seq);
      return found;
    };
    await appendAll(log, entries.slice(0, -1));
    await dropReceipts(path, { before: "2100-01-01" });
    expect(await seqs()).toEqual([0, 2, 3, 4]);
    await appendAll(log, entries.slice(-1));
    await dropReceipts(path, { before: "2100-01-01" });
    expect(await seqs()).toEqual([0, 4, 5]);
    await log.close?.();
  });

  it("leaves at every moment what begins with a checkpoint, however much there is to drop", async () => {
    const { path, file, read } = setup();
    const log = sqliteLog(file);
    const main = new SampleChain("main");
    // More keys than go in one transaction, as a chain may have that is renewed for years.
    const keys = 1500;
    const renewals = Array.from({ length: keys }, () => main.seal(keyContent(main.signer)));
    await Promise.all([...renewals, main.seal()].map((entry) => log.append(entry)));
    const sealed = [];
    for (let count = 1; count <= 8000; count++) {
      sealed.push(main.seal(count % 400 === 0 ? { type: "checkpoint", size: 0, root: "" } : decision()));
    }
    await Promise.all(sealed.map((entry) => log.append(entry)));
    const looking = new DatabaseSync(path, { readOnly: true });
    const first = looking.prepare(
      `SELECT json ->> '$.body.type' AS type, json ->> '$.body.seq' AS seq FROM receipts
       WHERE json ->> '$.body.type' <> 'key' ORDER BY position LIMIT 1`,
    );
    const seen = new Map<number, string>();
    let isDone = false;
    const dropping = dropReceipts(file, { before: "2100-01-01" }).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      const row = first.get();
      seen.set(row?.seq as number, row?.type as string);
      await setImmediate();
    }
    const receipts = await read("main");
    const from = receipts.find(isCheckpoint)!.body.seq;
    expect(await dropping).toEqual([{ chain: "main", from, receipts: keys + 8001 - receipts.length }]);
    expect(receipts.filter(isKey)).toHaveLength(keys);
    expect(receipts.slice(keys).map(({ body }) => body.seq)).toEqual([from]);
    seen.delete(keys);
    expect(seen.size).toBeGreaterThan(4);
    expect(new Set(seen.values())).toEqual(new Set(["checkpoint"]));
    looking.close();
  });

  it("lets nobody else delete receipts, and the processes that have the file open go on", async () => {
    const { path, file, gateOn, work, permit, read } = setup();
    const [gate, elsewhere] = [gateOn("one"), sqliteLog(path)];
    await work(gate, 3);
    expect(await elsewhere.head("one")).not.toBeNull();
    const dropped = await dropReceipts(file, { before: "2100-01-01" });
    expect(dropped).toHaveLength(1);
    const database = new DatabaseSync(path);
    expect(() => database.exec("DELETE FROM receipts")).toThrow("receipts only takes new rows");
    expect(() => database.exec("UPDATE receipts SET json = ''")).toThrow("receipts only takes new rows");
    database.close();
    await (await permit(gate)).settle();
    expect(await elsewhere.head("one")).toMatchObject({ seq: (await read("one")).at(-1)?.body.seq });
    await elsewhere.close?.();
  });

  it("makes no file where there is none, so that a slip in its name is heard of", async () => {
    const path = tempFile("gone.db");
    await expect(dropReceipts(path, { before: 0 })).rejects.toThrow(StorageFailed);
    expect(existsSync(path)).toBe(false);
  });

  it.each([["yesterday"], [Number.NaN], [new Date("none")], [undefined]])(
    "refuses a time that is none: %s",
    async (before) => {
      const { file } = setup();
      await expect(dropReceipts(file, { before: before as Date })).rejects.toThrow(InvalidConfig);
    },
  );
});
