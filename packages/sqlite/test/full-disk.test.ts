import { createGate, gateBudget } from "@tollgate/core";
import { replayBalances, verifyChain } from "@tollgate/core/verify";
import { sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { OpenFile } from "../src/open-file.ts";
import { claim, outcome, request } from "./requests.ts";
import { tempFile } from "./temp-folder.ts";

/** A file that cannot grow by more than so many pages, as on a disk that is full then. */
function smallFile(pages: number): { readonly file: OpenFile; readonly makeRoom: () => void } {
  const file = new OpenFile(tempFile(), { durability: "normal", busyTimeoutMs: 1000 });
  const limit = (count: number) => file.database.exec(`PRAGMA max_page_count = ${count}`);
  limit(Number(file.database.prepare("PRAGMA page_count").get()?.page_count) + pages);
  return { file, makeRoom: () => limit(1_000_000) };
}

describe("on a disk that is full", () => {
  it("a ledger refuses to go on, keeps what it answered and nothing else, and goes on when there is room", async () => {
    const { file, makeRoom } = smallFile(10);
    const ledger = sqliteLedger(file);
    const claims = [claim({ limit: null })];
    const granted: string[] = [];
    let problem: unknown = null;
    for (let batch = 0; problem === null && batch < 1000; batch++) {
      const answers = await Promise.all(
        [0, 1, 2].map((n) => outcome(() => ledger.reserve(request(`${batch}-${n}`, claims)))),
      );
      for (const answer of answers) {
        if (typeof answer === "string") problem = answer;
        else granted.push((answer as { reservation: { key: string } }).reservation.key);
      }
    }
    expect(problem).toMatch(/tollgate\.db cannot grow: free some space on the disk .*; nothing was changed$/);
    expect(granted.length).toBeGreaterThan(10);
    expect(await ledger.balances({})).toMatchObject([{ held: 10n * BigInt(granted.length) }]);
    const kept = await ledger.reservations({ limit: 1000 });
    expect(kept.map(({ reservation }) => reservation.key).sort()).toEqual(granted.sort());
    makeRoom();
    expect(await ledger.reserve(request("after", claims))).toMatchObject({ status: "reserved" });
    await ledger.close();
  });

  it("a gate denies, and its receipts and balances agree when there is room again", async () => {
    const { file, makeRoom } = smallFile(12);
    const gate = createGate({
      ledger: sqliteLedger(file),
      log: sqliteLog(file),
      budgets: [{ id: "calls", limit: "100000 calls" }],
    });
    const action = { kind: "tool", name: "search", params: {} } as const;
    let settled = 0n;
    let denial: unknown = null;
    while (denial === null && settled < 1000n) {
      try {
        const permit = await gateBudget(gate, action);
        await permit.settle();
        settled += 1n;
      } catch (error) {
        denial = error;
      }
    }
    expect(denial).toMatchObject({ code: "gate_unavailable", message: expect.stringMatching(/cannot grow/) });
    makeRoom();
    await (await gateBudget(gate, action)).settle();
    await gate.close();

    const again = new OpenFile(file.path, { durability: "normal", busyTimeoutMs: 1000 });
    const [ledger, log] = [sqliteLedger(again), sqliteLog(again)];
    const report = await verifyChain(log.read(), { keys: [gate.publicKey] });
    expect(report).toMatchObject({ verdict: "authentic", break: null });
    expect(await ledger.balances({})).toMatchObject([{ held: 0n }]);
    // What was settled when the disk was full may lack its receipt until then: it came before the next decision.
    const replayed = await replayBalances(log.read());
    expect(await ledger.balances({})).toMatchObject(replayed);
    await Promise.all([ledger.close(), log.close?.()]);
  });
});
