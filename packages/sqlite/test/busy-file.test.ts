import { DatabaseSync } from "node:sqlite";
import { SampleChain } from "@tollgate/conformance/sample-chain";
import { createGate, gateBudget } from "@tollgate/core";
import { sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { grant, outcome, request, standing } from "./requests.ts";
import { tempFile } from "./temp-folder.ts";

/** Another writer who has the file to himself until the answered function is called. */
function lock(path: string): () => void {
  const database = new DatabaseSync(path);
  database.exec("BEGIN IMMEDIATE");
  return () => {
    database.exec("ROLLBACK");
    database.close();
  };
}

describe("while another process is writing", () => {
  it("an operation waits, lets others of its process go on, and is done then", async () => {
    const path = tempFile();
    const ledger = sqliteLedger(path, { busyTimeoutMs: 60_000 });
    const unlock = lock(path);
    const waiting = [ledger.reserve(request("a")), ledger.reserve(request("b"))];
    // The process is not held up: its timers come, while nothing is granted.
    for (let turn = 0; turn < 5; turn++) await new Promise((go) => setTimeout(go, 2));
    expect(await standing(ledger)).toEqual({ spent: 0n, held: 0n });
    waiting.push(ledger.reserve(request("c")));
    unlock();
    for (const answer of await Promise.all(waiting)) expect(answer.status).toBe("reserved");
    expect(await standing(ledger)).toEqual({ spent: 0n, held: 30n });
    await ledger.close();
  });

  it("an operation fails once it has waited for too long, and changes nothing then", async () => {
    const path = tempFile();
    const ledger = sqliteLedger(path, { busyTimeoutMs: 30 });
    const log = sqliteLog(path, { busyTimeoutMs: 30 });
    const reservation = await grant(ledger, "before");
    const unlock = lock(path);
    const message =
      /tollgate\.db is locked by another process; .* raise busyTimeoutMs .*; nothing was changed$/;
    expect(await outcome(() => ledger.reserve(request("a")))).toMatch(message);
    expect(await outcome(() => ledger.settle(reservation, {}, "reported"))).toMatch(message);
    expect(await outcome(() => log.append(new SampleChain("main").seal()))).toMatch(message);
    unlock();
    expect(await standing(ledger)).toEqual({ spent: 0n, held: 10n });
    expect(await log.head("main")).toBeNull();
    await grant(ledger, "a");
    await Promise.all([ledger.close(), log.close?.()]);
  });

  it("a gate lets nothing through, and says why", async () => {
    const path = tempFile();
    const gate = createGate({
      ledger: sqliteLedger(path, { busyTimeoutMs: 30 }),
      budgets: [{ id: "calls", limit: "5 calls" }],
    });
    const action = { kind: "tool", name: "search", params: {} } as const;
    const unlock = lock(path);
    await expect(gateBudget(gate, action)).rejects.toMatchObject({
      code: "gate_unavailable",
      message: expect.stringMatching(/is locked by another process; .* raise busyTimeoutMs/),
    });
    unlock();
    await (await gateBudget(gate, action)).settle();
    expect(await gate.balances()).toMatchObject([{ spent: 1n, held: 0n }]);
    await gate.close();
  });

  it("opening the file waits, and fails once it has waited for too long", async () => {
    const path = tempFile();
    await sqliteLedger(path).close();
    const unlock = lock(path);
    expect(() => sqliteLedger(path, { busyTimeoutMs: 10 })).toThrow(/is locked by another process/);
    unlock();
    await sqliteLedger(path, { busyTimeoutMs: 10 }).close();
  });
});
