import { DatabaseSync } from "node:sqlite";
import { manualClock } from "@tollgate/core/testing";
import { type ReservationQuery, sqliteLedger } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { claim, grant, outcome, request, standing, sweep } from "./requests.ts";
import { tempFile } from "./temp-folder.ts";

const place = { budget: "b", partition: "", window: "total", unit: "usd" };
const refund = {
  ...place,
  id: "r1",
  kind: "refund",
  amount: -3n,
  by: "alice",
  reason: "invoice 7 was refunded",
} as const;

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
    const keys = async (query: ReservationQuery): Promise<readonly string[]> =>
      (await ledger.reservations(query)).map(({ reservation }) => reservation.key);
    expect(await keys({ status: "open" })).toEqual(["e", "c", "a"]);
    expect(await keys({ status: "open", limit: 2 })).toEqual(["e", "c"]);
    expect(await keys({ id: request("b").id })).toEqual(["b"]);
    expect(await keys({ id: request("b").id, status: "open" })).toEqual([]);
    // What it held is in the receipts alone.
    const over = { reservation: { id: request("d").id, key: "d", claims: [] }, status: "settled" };
    expect(await ledger.reservations({ id: request("d").id })).toMatchObject([over]);
    expect(await keys({ id: request("d").id, status: "open" })).toEqual([]);
    expect(await keys({ id: "nobody's" })).toEqual([]);
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
  /** A ledger with 10 spent out of 100. */
  async function spentTen(path = tempFile(), clock = manualClock(5000)) {
    const ledger = sqliteLedger(path, { clock });
    await ledger.settle(await grant(ledger, "a"), {}, "reported");
    return ledger;
  }

  it("changes what was spent, both ways, and counts at once", async () => {
    const ledger = sqliteLedger(tempFile());
    const reservation = await grant(ledger, "a", [claim({ amount: 100n })]);
    await ledger.settle(reservation, {}, "reported");
    expect(await ledger.reserve(request("b"))).toMatchObject({ status: "refused" });
    expect(await ledger.adjust({ ...refund, id: "1", amount: -30n })).toMatchObject({
      spent: 70n,
      limit: 100n,
    });
    await grant(ledger, "c");
    const booked = await ledger.adjust({ ...refund, id: "2", kind: "correction", amount: 25n });
    expect(booked).toMatchObject({ spent: 95n, held: 10n });
    expect(await ledger.reserve(request("d"))).toMatchObject({ status: "refused" });
    await ledger.close();
  });

  it("may bring what was spent below 0, so that more than the limit can be spent", async () => {
    const path = tempFile();
    const ledger = await spentTen(path);
    expect(await ledger.adjust({ ...refund, kind: "top_up", amount: -60n })).toMatchObject({ spent: -50n });
    expect(await ledger.reserve(request("b", [claim({ amount: 151n })]))).toMatchObject({
      status: "refused",
      exceeded: [{ spent: -50n }],
    });
    const reservation = await grant(ledger, "c", [claim({ amount: 150n })]);
    await ledger.settle(reservation, {}, "reported");
    await ledger.close();
    const again = sqliteLedger(path);
    expect(await again.balances({})).toMatchObject([{ spent: 100n, held: 0n }]);
    await again.close();
  });

  it("fails where it would come to less than -2^63, and not before", async () => {
    const ledger = await spentTen();
    const least = -(2n ** 63n);
    expect(await ledger.adjust({ ...refund, id: "1", amount: least })).toMatchObject({ spent: least + 10n });
    expect(await ledger.adjust({ ...refund, id: "2", amount: -10n })).toMatchObject({ spent: least });
    expect(await outcome(() => ledger.adjust({ ...refund, id: "3", amount: -1n }))).toMatch(
      /to which -1 cannot/,
    );
    expect(await ledger.balances({})).toMatchObject([{ spent: least }]);
    await ledger.close();
  });

  it("is made once for its id, whoever tries again, also in another process", async () => {
    const path = tempFile();
    const [ledger, other] = [await spentTen(path), sqliteLedger(path)];
    const adjustment = { ...refund, id: "once", amount: -3n };
    const answers = await Promise.all([
      ledger.adjust(adjustment),
      ledger.adjust(adjustment),
      other.adjust(adjustment),
    ]);
    expect(answers.map(({ spent }) => spent)).toEqual([7n, 7n, 7n]);
    expect(await ledger.adjustments()).toHaveLength(1);
    await Promise.all([ledger.close(), other.close()]);
  });

  it.each([
    ["kind", { kind: "correction" }],
    ["amount", { amount: -4n }],
    ["budget", { budget: "other" }],
    ["unit", { unit: "calls" }],
    ["author", { by: "bob" }],
    ["reason", { reason: "invoice 8 was refunded" }],
  ] as const)("fails where its id was used for one of another %s", async (_, change) => {
    const ledger = await spentTen();
    await ledger.adjust({ ...refund, id: "once", amount: -3n });
    expect(await outcome(() => ledger.adjust({ ...refund, id: "once", amount: -3n, ...change }))).toMatch(
      /^the id "once" is another adjustment's/,
    );
    expect(await ledger.balances({})).toMatchObject([{ spent: 7n }]);
    expect(await ledger.adjustments()).toHaveLength(1);
    await ledger.close();
  });

  it("is listed with who made it, why and when, the newest first", async () => {
    const path = tempFile();
    const clock = manualClock(5000);
    const ledger = await spentTen(path, clock);
    await ledger.settle(await grant(ledger, "other", [claim({ budget: "c" })]), {}, "reported");
    const adjustments = [
      { ...refund, id: "1" },
      { ...refund, id: "2", budget: "c" },
      { ...refund, id: "3", kind: "correction", amount: 2n ** 62n },
      { ...refund, id: "4", kind: "top_up", amount: -(2n ** 62n) },
    ] as const;
    for (const adjustment of adjustments) {
      await ledger.adjust(adjustment);
      clock.advance(1);
    }
    await ledger.close();
    const again = sqliteLedger(path);
    const kept = adjustments.map((adjustment, nth) => ({ ...adjustment, adjustedAt: 5000 + nth })).reverse();
    expect(await again.adjustments()).toEqual(kept);
    expect(await again.adjustments({ budget: "c" })).toEqual([kept[2]]);
    expect(await again.adjustments({ limit: 2 })).toEqual(kept.slice(0, 2));
    expect(await again.adjustments({ budget: "nobody's" })).toEqual([]);
    await again.close();
  });

  it("is kept for good", async () => {
    const path = tempFile();
    const ledger = await spentTen(path);
    await ledger.adjust(refund);
    await ledger.close();
    const database = new DatabaseSync(path);
    expect(() => database.exec("DELETE FROM adjustments")).toThrow("adjustments only takes new rows");
    expect(() => database.exec("UPDATE adjustments SET amount = 0")).toThrow(
      "adjustments only takes new rows",
    );
    database.close();
  });

  const most = 2n ** 63n - 1n;
  it.each([
    ["it would come to more than 2^63 - 1", { kind: "correction", amount: most - 9n }, /to which \d+ cannot/],
    ["there is no balance", { window: "run:1" }, /has no balance in usd for "" in the window run:1/],
    ["the amount is none", { amount: 1 as unknown as bigint }, /^1 cannot be adjusted by/],
    ["the amount has more than 64 bits", { amount: -most - 2n }, /^-\d+ cannot be adjusted by/],
    ["a refund takes nothing back", { amount: 0n }, /^a refund takes .* below 0, not 0/],
    ["a top-up takes money out", { kind: "top_up", amount: 1n }, /^a top_up takes .* below 0, not 1/],
    ["the kind is none", { kind: "gift" as "refund" }, /not a gift/],
    ["the id cannot be stored", { id: "\ud800" }, /cannot be stored/],
  ] as const)("fails and changes nothing where %s", async (_, change, message) => {
    const ledger = await spentTen();
    const answer = await outcome(() => ledger.adjust({ ...refund, ...change }));
    expect(answer).toMatch(message);
    expect(answer).toMatch(/nothing was changed$/);
    expect(await ledger.balances({})).toMatchObject([{ spent: 10n, held: 0n }]);
    expect(await ledger.adjustments()).toEqual([]);
    await ledger.close();
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

describe("a release that comes after another", () => {
  it("hears whether that was its own, by the reason", async () => {
    const ledger = sqliteLedger(tempFile());
    const reservation = await grant(ledger, "a");
    expect(await ledger.release(reservation, "not sent")).toEqual({ status: "released" });
    expect(await ledger.release(reservation, "not sent")).toEqual({ status: "conflict", ended: "released" });
    const other = { status: "conflict", ended: "released", otherwise: true };
    expect(await ledger.release(reservation, "stuck")).toEqual(other);
    const ending = { outcome: "released", reason: "stuck" } as const;
    expect(await ledger.record([{ reservation, leases: [], ending }])).toMatchObject({ endings: [other] });
    await ledger.close();
  });
});
