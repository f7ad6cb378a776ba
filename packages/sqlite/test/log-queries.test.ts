import { DatabaseSync } from "node:sqlite";
import { createGate, InvalidConfig, type ReceiptQuery } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { tempFile } from "./temp-folder.ts";

const start = Date.UTC(2026, 0, 1);

/** Two gates with a chain each; every hour alice and bob make a call, and settle it half an hour later. */
async function history() {
  const path = tempFile();
  const file = sqliteFile(path, { durability: "normal" });
  const clock = manualClock(start);
  const log = sqliteLog(file);
  const gates = ["one", "two"].map((chain) =>
    createGate({
      ledger: sqliteLedger(file, { clock }),
      log,
      chain,
      clock,
      budgets: [{ id: "calls", limit: "1000 calls", by: ["user"] }],
    }),
  );
  const runs = ["alice", "bob"].map((user, nth) =>
    gates[nth]!.run({ tenant: "acme", user, id: `run-of-${user}` }),
  );
  for (let hour = 0; hour < 4; hour++) {
    const decisions = [];
    for (const run of runs) {
      decisions.push(await run.gate.decide({ kind: "tool", name: "search", params: { hour } }, { run }));
    }
    clock.advance(1_800_000);
    for (const { permit } of decisions) await permit?.settle();
    clock.advance(1_800_000);
  }
  const read = async (query?: ReceiptQuery) => {
    const found: string[] = [];
    for await (const { body } of log.read(query)) found.push(`${body.chain}:${body.seq}:${body.type}`);
    return found;
  };
  return { read, path, close: () => log.close?.() };
}

describe("receipts are found", () => {
  it("by run, with the endings of its decisions", async () => {
    const { read } = await history();
    const found = await read({ run: "run-of-alice" });
    expect(found).toEqual(
      Array.from({ length: 8 }, (_, nth) => `one:${nth + 1}:${nth % 2 ? "settlement" : "decision"}`),
    );
    expect(await read({ run: "run-of-nobody" })).toEqual([]);
  });

  it("by subject, with the endings of its decisions", async () => {
    const { read } = await history();
    expect(await read({ subject: { user: "bob" } })).toEqual(
      (await read({ run: "run-of-bob" })).filter((text) => text.startsWith("two:")),
    );
    expect(await read({ subject: { user: "bob", tenant: "acme" } })).toHaveLength(8);
    expect(await read({ subject: { tenant: "acme" } })).toHaveLength(16);
    expect(await read({ subject: { tenant: "else" } })).toEqual([]);
  });

  it("by time, in one chain or all, the end being outside", async () => {
    const { read } = await history();
    const [from, until] = ["2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"];
    const found = await read({ from, until });
    expect(found).toEqual(["one:3:decision", "two:3:decision", "one:4:settlement", "two:4:settlement"]);
    expect(await read({ from: start + 3_600_000, until: start + 7_200_000 })).toEqual(found);
    expect(await read({ from, until, chain: "two" })).toEqual(["two:3:decision", "two:4:settlement"]);
    expect(await read({ until: from })).toHaveLength(6);
    expect(await read({ from: "2026-01-01T03:30:00Z" })).toEqual(["one:8:settlement", "two:8:settlement"]);
    expect(await read({ from: "2026-01-02T00:00:00Z" })).toEqual([]);
  });

  it("by all of these together", async () => {
    const { read } = await history();
    const from = "2026-01-01T00:30:00Z";
    expect(await read({ subject: { user: "alice" }, from, until: "2026-01-01T01:30:00Z" })).toEqual([
      "one:2:settlement",
      "one:3:decision",
    ]);
    expect(await read({ run: "run-of-alice", from: "2026-01-01T03:30:00Z" })).toEqual(["one:8:settlement"]);
    expect(await read({ run: "run-of-alice", chain: "two" })).toEqual([]);
  });

  it("in pages, without gaps or repeats, also where many have one time", async () => {
    const file = sqliteFile(tempFile(), { durability: "normal" });
    const log = sqliteLog(file);
    const clock = manualClock(start);
    const gate = createGate({ log, clock, chain: "main" });
    const run = gate.run({ id: "r" });
    for (let nth = 0; nth < 300; nth++) {
      await gate.decide({ kind: "tool", name: "search", params: { nth } }, { run });
      if (nth % 100 === 0) clock.advance(1);
      await gate.decide({ kind: "tool", name: "search", params: { nth } });
    }
    for (const query of [
      {},
      { chain: "main" },
      { run: "r" },
      { from: start },
      { chain: "main", from: start + 1 },
    ]) {
      const seqs: number[] = [];
      for await (const { body } of log.read(query)) seqs.push(body.seq);
      expect(new Set(seqs).size).toBe(seqs.length);
      expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
      const { run: ofRun, from } = { run: undefined, from: undefined, ...query };
      expect(seqs.length).toBe(ofRun === undefined ? (from === start + 1 ? 599 : 601) : 300);
    }
    await gate.close();
  });

  it("unless the time asked for is none", async () => {
    const { read } = await history();
    await expect(read({ from: "yesterday" })).rejects.toThrow(InvalidConfig);
  });
});

describe("stored receipts", () => {
  it("can be neither changed nor deleted with SQL", async () => {
    const { path, close } = await history();
    await close();
    const database = new DatabaseSync(path);
    expect(() => database.exec("DELETE FROM receipts WHERE position = 3")).toThrow(
      "receipts only takes new rows",
    );
    expect(() => database.exec("UPDATE receipts SET json = '{}'")).toThrow("receipts only takes new rows");
    database.close();
  });
});
