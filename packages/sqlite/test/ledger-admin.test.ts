import { DatabaseSync } from "node:sqlite";
import { manualClock } from "@tollgate/core/testing";
import { sqliteLedger } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { claim, grant, outcome, request, standing, sweep } from "./requests.ts";
import { tempFile } from "./temp-folder.ts";

const place = { budget: "b", partition: "", window: "total", unit: "usd" };
const who = { by: "alice", reason: "invoice 7 was refunded" };

describe("the list of reservations", () => {
  it("has open ones and expired ones that may still settle, the newest first", async () => {
    const clock = manualClock(0);
    const ledger = sqliteLedger(tempFile(), { clock });
    for (const [key, budget] of [
      ["a", "b"],
      ["b", "c"],
      ["c", "b"],
      ["d", "b"],
      ["e", "b"],
    ] as const) {
      clock.advance(1);
      const claims = [claim({ budget: "other", limit: null, amount: 7n }), claim({ budget })];
      await grant(ledger, key, claims, key === "b" ? 500 : 1000);
    }
    await ledger.settle({ ...request("d") }, {}, "reported");
    await ledger.extend({ ...request("e") }, 2000);
    await sweep(ledger, 500);
    const list = await ledger.reservations();
    expect(list.map(({ reservation, status, createdAt }) => [reservation.key, status, createdAt])).toEqual([
      ["e", "open", 5],
      ["c", "open", 3],
      ["b", "expired", 2],
      ["a", "open", 1],
    ]);
    expect(list[0]?.reservation).toEqual({
      ...request("e", [claim({ budget: "other", limit: null, amount: 7n }), claim()]),
      expiresAt: 2000,
    });
    expect((await ledger.reservations({ budget: "c" })).map(({ reservation }) => reservation.key)).toEqual([
      "b",
    ]);
    expect(await ledger.reservations({ budget: "b", limit: 2 })).toHaveLength(2);
    expect(await ledger.reservations({ budget: "nobody's" })).toEqual([]);
    await ledger.close();
  });

  it("gives what is needed to release one", async () => {
    const ledger = sqliteLedger(tempFile());
    await grant(ledger, "a");
    const [kept] = await ledger.reservations();
    expect(await ledger.release(kept!.reservation, "stuck")).toEqual({ status: "released" });
    expect(await standing(ledger)).toEqual({ spent: 0n, held: 0n });
    await ledger.close();
  });
});

describe("an adjustment", () => {
  it("changes what was spent, both ways, and counts at once", async () => {
    const ledger = sqliteLedger(tempFile());
    const reservation = await grant(ledger, "a", [claim({ amount: 100n })]);
    await ledger.settle(reservation, {}, "reported");
    expect(await ledger.reserve(request("b"))).toMatchObject({ status: "refused" });
    expect(await ledger.adjust({ ...place, ...who, amount: -30n })).toMatchObject({
      spent: 70n,
      limit: 100n,
    });
    await grant(ledger, "c");
    expect(await ledger.adjust({ ...place, ...who, amount: 25n })).toMatchObject({ spent: 95n, held: 10n });
    expect(await ledger.reserve(request("d"))).toMatchObject({ status: "refused" });
    await ledger.close();
  });

  it("is kept with who made it and why, for good", async () => {
    const path = tempFile();
    const clock = manualClock(5000);
    const ledger = sqliteLedger(path, { clock });
    await ledger.settle(await grant(ledger, "a"), {}, "reported");
    await ledger.adjust({ ...place, ...who, amount: -3n });
    await ledger.close();
    const database = new DatabaseSync(path);
    expect({ ...database.prepare("SELECT * FROM adjustments").get() }).toEqual({
      position: 1,
      at: 5000,
      budget: "b",
      partition: "",
      window: "total",
      unit: "usd",
      amount: -3,
      ...who,
    });
    expect(() => database.exec("DELETE FROM adjustments")).toThrow("adjustments only takes new rows");
    expect(() => database.exec("UPDATE adjustments SET amount = 0")).toThrow(
      "adjustments only takes new rows",
    );
    database.close();
  });

  it.each([
    ["below 0", { ...place, amount: -11n }, /has a balance of 10 spent .* to which -11 cannot be added/],
    ["above 2^63 - 1", { ...place, amount: 2n ** 63n - 10n }, /cannot be added; nothing was changed$/],
    [
      "no balance",
      { ...place, window: "run:1", amount: 1n },
      /has no balance in usd for "" in the window run:1/,
    ],
    ["no amount", { ...place, amount: 1 as unknown as bigint }, /to which 1 cannot be added/],
  ])("fails and changes nothing where it would come to %s", async (_, adjustment, message) => {
    const path = tempFile();
    const ledger = sqliteLedger(path);
    await ledger.settle(await grant(ledger, "a"), {}, "reported");
    expect(await outcome(() => ledger.adjust({ ...adjustment, ...who }))).toMatch(message);
    expect(await ledger.balances({})).toMatchObject([{ spent: 10n, held: 0n }]);
    await ledger.close();
    const database = new DatabaseSync(path);
    expect(database.prepare("SELECT count(*) AS n FROM adjustments").get()?.n).toBe(0);
    database.close();
  });
});

describe("the views of a file", () => {
  it("show balances and open reservations to whoever looks with SQL", async () => {
    const path = tempFile();
    const ledger = sqliteLedger(path);
    await grant(ledger, "a", [claim({ partition: "user=alice", amount: 2n ** 62n, limit: 2n ** 63n - 1n })]);
    await ledger.close();
    const database = new DatabaseSync(path);
    const balances = database.prepare(
      'SELECT budget, "partition", "window", unit, "limit", held FROM balances',
    );
    balances.setReadBigInts(true);
    expect({ ...balances.get() }).toEqual({
      budget: "b",
      partition: "user=alice",
      window: "total",
      unit: "usd",
      limit: 2n ** 63n - 1n,
      held: 2n ** 62n,
    });
    expect(database.prepare("SELECT key, id, expires_at FROM open_reservations").get()).toMatchObject({
      key: "a",
      id: "id-a",
      expires_at: 1000,
    });
    database.close();
  });
});
