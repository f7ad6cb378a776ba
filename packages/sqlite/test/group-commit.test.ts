import { DatabaseSync } from "node:sqlite";
import { SampleChain } from "@tollgate/conformance/sample-chain";
import { sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { claim, grant, outcome, request, standing } from "./requests.ts";
import { tempFile } from "./temp-folder.ts";

const most = 2n ** 63n - 1n;

/** Counts the commits of others to a file. */
function commitCounter(path: string): { readonly count: () => number; readonly close: () => void } {
  const database = new DatabaseSync(path);
  const read = () => Number(Object.values(database.prepare("PRAGMA data_version").get() ?? {})[0]);
  const first = read();
  return { count: () => read() - first, close: () => database.close() };
}

describe.each(["full", "normal"] as const)("with durability %s", (durability) => {
  it("operations that are asked for together share one commit, of a ledger and a log alike", async () => {
    const path = tempFile();
    const file = sqliteFile(path, { durability });
    const [ledger, log] = [sqliteLedger(file), sqliteLog(file)];
    const commits = commitCounter(path);
    const chain = new SampleChain("main");
    await Promise.all([
      ...Array.from({ length: 64 }, (_, n) => ledger.reserve(request(`k${n}`))),
      ...chain.sealMany(64).map((entry) => log.append(entry)),
    ]);
    expect(commits.count()).toBe(1);
    commits.close();
    await Promise.all([ledger.close(), log.close?.()]);
  });

  it("an answer comes when others can see it, and not before", async () => {
    const path = tempFile();
    const ledger = sqliteLedger(path, { durability });
    const other = new DatabaseSync(path);
    const isOpen = other.prepare("SELECT count(*) AS n FROM open_reservations WHERE key = ?");
    const seen = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        await grant(ledger, `k${n}`, [claim({ limit: null })]);
        return isOpen.get(`k${n}`)?.n;
      }),
    );
    expect(seen).toEqual(seen.map(() => 1));
    other.close();
    await ledger.close();
  });

  it("one that cannot be done fails alone among those it shares a commit with", async () => {
    const ledger = sqliteLedger(tempFile(), { durability });
    const [first, tooMuch, last] = await Promise.all([
      outcome(() => ledger.reserve(request("first", [claim({ limit: null })]))),
      outcome(() =>
        ledger.reserve(request("much", [claim({ budget: "c" }), claim({ amount: most, limit: null })])),
      ),
      outcome(() => ledger.reserve(request("last", [claim({ limit: null })]))),
    ]);
    expect(first).toMatchObject({ status: "reserved" });
    expect(tooMuch).toMatch(/more than 2\^63 - 1 usd; nothing was changed/);
    expect(last).toMatchObject({ status: "reserved" });
    expect(await ledger.balances({})).toMatchObject([{ budget: "b", held: 20n }]);
    const reservation = await grant(ledger, "more", [claim({ budget: "c" })]);
    const settled = await Promise.all([
      outcome(() => ledger.settle(reservation, { usd: -1n }, "reported")),
      outcome(() => ledger.release(reservation, "the settlement before it was none")),
    ]);
    expect(settled).toEqual(["cannot book -1 usd; nothing was changed", { status: "released" }]);
    await ledger.close();
  });

  it("what waits when it is closed is done, and nothing is taken after", async () => {
    const path = tempFile();
    const ledger = sqliteLedger(path, { durability });
    const waiting = Array.from({ length: 5 }, (_, n) => ledger.reserve(request(`k${n}`)));
    await Promise.all([ledger.close(), ledger.close()]);
    for (const answer of await Promise.all(waiting)) expect(answer.status).toBe("reserved");
    expect(await outcome(() => ledger.reserve(request("late")))).toMatch(/tollgate\.db is closed$/);
    expect(await outcome(() => ledger.balances({}))).toMatch(/is closed$/);
    const again = sqliteLedger(path, { durability });
    expect(await standing(again)).toEqual({ spent: 0n, held: 50n });
    await again.close();
  });
});

describe("a file that a ledger and a log share", () => {
  it("stays open until both are closed", async () => {
    const file = sqliteFile(tempFile());
    const [ledger, log] = [sqliteLedger(file), sqliteLog(file)];
    await log.close?.();
    await grant(ledger, "a");
    await ledger.close();
    expect(await outcome(() => ledger.balances({}))).toMatch(/is closed$/);
    expect(() => sqliteLog(file)).toThrow(/is closed$/);
  });
});
