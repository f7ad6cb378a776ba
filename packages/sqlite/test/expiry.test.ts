import { DatabaseSync } from "node:sqlite";
import { createGate } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { type SqliteFile, sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { claim, grant, standing, sweep } from "./requests.ts";
import { tempFile } from "./temp-folder.ts";

const ttlMs = 60_000;
const action = { kind: "tool", name: "search", params: {} } as const;

/** A gate on a file, whose clock stands where the test puts it. */
function gateOn(file: SqliteFile, clock = manualClock()) {
  const gate = createGate({
    ledger: sqliteLedger(file, { clock }),
    log: sqliteLog(file),
    budgets: [{ id: "calls", limit: "5 calls" }],
    reservationTtlMs: ttlMs,
    clock,
  });
  return { gate, clock };
}

async function expiredReceipts(file: SqliteFile): Promise<string[]> {
  const log = sqliteLog(file);
  const found: string[] = [];
  for await (const { body } of log.read()) {
    if (body.type === "settlement" && body.outcome === "expired") found.push(body.decision);
  }
  await log.close?.();
  return found;
}

describe("a sweep", () => {
  it("that is left half way leaves the rest to the next one", async () => {
    const ledger = sqliteLedger(tempFile());
    const keys = Array.from({ length: 100 }, (_, n) => `k${n}`);
    for (const key of keys) await grant(ledger, key, [claim({ limit: null })]);
    const told: string[] = [];
    for await (const { key } of ledger.expire(1000)) {
      told.push(key);
      if (told.length === 40) break;
    }
    told.push(...(await sweep(ledger, 1000)));
    expect(told.sort()).toEqual(keys.sort());
    expect(await sweep(ledger, 1000)).toEqual([]);
    expect(await standing(ledger)).toEqual({ spent: 0n, held: 0n });
    await ledger.close();
  });

  it("tells each reservation to one of two ledgers that share a file", async () => {
    const path = tempFile();
    const [one, two] = [sqliteLedger(path), sqliteLedger(path)];
    const keys = Array.from({ length: 100 }, (_, n) => `k${n}`);
    for (const key of keys) await grant(one, key, [claim({ limit: null })]);
    const [left, right] = await Promise.all([sweep(one, 1000), sweep(two, 1000)]);
    expect([...left, ...right].sort()).toEqual(keys.sort());
    await Promise.all([one.close(), two.close()]);
  });

  it("of one gate ends what a gate that died held, and writes the receipt", async () => {
    const file = sqliteFile(tempFile());
    const { gate, clock } = gateOn(file);
    const decision = await gate.decide(action);
    // The gate dies: nothing of it runs any more.
    const { gate: next } = gateOn(file, clock);
    clock.set(clock.now() + ttlMs);
    await next.decide(action);
    expect(await expiredReceipts(file)).toEqual([decision.permit?.id]);
    expect(await next.balances()).toMatchObject([{ held: 1n, spent: 0n }]);
  });
});

describe("a lease that has expired", () => {
  it("gives its money back, and no sweep tells of it", async () => {
    const clock = manualClock();
    const ledger = sqliteLedger(tempFile(), { clock });
    // More than a sweep ends in one go, so that it must not stop where it has none to tell of.
    for (let count = 0; count < 99; count++) {
      await grant(ledger, `lease ${count}`, [claim({ limit: null })], 500);
    }
    await grant(ledger, "call", [claim({ limit: null })], 1000);
    expect(await standing(ledger)).toEqual({ spent: 0n, held: 1000n });
    expect(await sweep(ledger, 1000)).toEqual(["call"]);
    expect(await standing(ledger)).toEqual({ spent: 0n, held: 0n });
    await ledger.close();
  });

  it("is not looked for among the receipts", async () => {
    const path = tempFile();
    const ledger = sqliteLedger(path);
    await grant(ledger, "lease 1");
    await grant(ledger, "call 2");
    await sweep(ledger, 1000);
    await ledger.close();
    const database = new DatabaseSync(path);
    expect(database.prepare("SELECT key FROM watched").all()).toMatchObject([{ key: "call 2" }]);
    database.close();
  });
});
