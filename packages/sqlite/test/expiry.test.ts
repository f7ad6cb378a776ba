import { createGate } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { verifyChain } from "@tollgate/core/verify";
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

describe("an expiry whose teller died before it wrote the receipt", () => {
  it("is told to another sweep, but not before a living gate has had its time, and only once", async () => {
    const file = sqliteFile(tempFile());
    const { gate, clock } = gateOn(file);
    const { permit } = await gate.decide(action);
    clock.set(clock.now() + ttlMs);
    const dying = sqliteLedger(file, { clock });
    expect(await sweep(dying, clock.now())).toHaveLength(1);
    // It is gone, and has written nothing.
    const { gate: next } = gateOn(file, clock);
    await next.decide(action);
    expect(await expiredReceipts(file)).toEqual([]);
    clock.set(clock.now() + 600_000);
    await next.decide(action);
    expect(await expiredReceipts(file)).toContain(permit?.id);
    const { length } = await expiredReceipts(file);
    clock.set(clock.now() + 600_000);
    await next.decide(action);
    expect((await expiredReceipts(file)).filter((id) => id === permit?.id)).toHaveLength(1);
    expect(length).toBeGreaterThan(0);
    const log = sqliteLog(file);
    expect(await verifyChain(log.read())).toMatchObject({ verdict: "bound", break: null });
  });

  it("is not told again once it has settled late", async () => {
    const file = sqliteFile(tempFile());
    const { gate, clock } = gateOn(file);
    const { permit } = await gate.decide(action);
    clock.set(clock.now() + ttlMs);
    await sweep(sqliteLedger(file, { clock }), clock.now());
    expect(await permit?.settle()).toMatchObject({ outcome: "settled", late: true });
    clock.set(clock.now() + 600_000);
    await gateOn(file, clock).gate.decide(action);
    expect(await expiredReceipts(file)).toEqual([]);
  });

  it("is told once where receipts are kept elsewhere, as nobody can tell there", async () => {
    const clock = manualClock();
    const ledger = sqliteLedger(tempFile(), { clock });
    await grant(ledger, "a");
    expect(await sweep(ledger, 1000)).toEqual(["a"]);
    for (let round = 0; round < 3; round++) {
      clock.advance(600_000);
      expect(await sweep(ledger, 1000)).toEqual([]);
    }
    await ledger.close();
  });
});
