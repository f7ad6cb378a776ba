import { StorageFailed } from "@tollgate/core";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type Adjustment, type KeptReservation, migrate, postgresLedger } from "../src/index.ts";
import { emptySchema } from "./clean-schema.ts";
import { claim, grant, range, request } from "./fixture.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool();
await migrate(pool);
beforeEach(() => emptySchema(pool));

describe("adjusting", () => {
  const ledger = postgresLedger(pool);
  let nth = 0;
  const adjustment = (changes: Partial<Adjustment>): Adjustment => ({
    id: `adjustment ${nth++}`,
    kind: "correction",
    budget: "b",
    partition: "",
    window: "total",
    unit: "usd",
    amount: 1n,
    by: "carol",
    reason: "ticket 7",
    ...changes,
  });
  const most = 2n ** 63n - 1n;

  it("changes what was spent, and keeps who did it and why", async () => {
    await ledger.settle(await grant(ledger, request("a")), { usd: 8n }, "reported");
    const [before] = await ledger.balances({});
    const refund = adjustment({ kind: "refund", amount: -5n });
    const correction = adjustment({ amount: 90n, by: "dave" });
    expect(await ledger.adjust(refund)).toEqual({ ...before, spent: 3n });
    expect(await ledger.adjust(correction)).toMatchObject({ spent: 93n });
    expect((await ledger.reserve(request("b"))).status).toBe("refused");
    const kept = await ledger.adjustments();
    expect(kept).toEqual([
      { ...correction, adjustedAt: expect.any(Number) },
      { ...refund, adjustedAt: expect.any(Number) },
    ]);
    expect(Math.abs((kept[0]?.adjustedAt ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(await ledger.adjustments({ limit: 1 })).toEqual(kept.slice(0, 1));
    expect(await ledger.adjustments({ budget: "c" })).toEqual([]);
    expect(await ledger.adjustments({ budget: "b" })).toEqual(kept);
    await expect(pool.query("DELETE FROM tollgate.adjustments")).rejects.toThrow(/only takes new rows/);
  });

  it("is done once for each id, also by many at once", async () => {
    await grant(ledger, request("a"));
    const topUp = adjustment({ kind: "top_up", amount: -30n });
    const answers = await Promise.all(range(8).map(() => ledger.adjust(topUp)));
    for (const answer of answers) expect(answer).toMatchObject({ spent: -30n, held: 10n });
    await ledger.adjust(adjustment({ amount: 1n }));
    expect(await ledger.adjust(topUp)).toMatchObject({ spent: -29n });
    expect(await ledger.adjustments()).toHaveLength(2);
  });

  it("with an id that was used for another adjustment is refused", async () => {
    await grant(ledger, request("a"));
    const first = adjustment({ kind: "refund", amount: -3n });
    await ledger.adjust(first);
    for (const change of [
      { kind: "top_up" },
      { budget: "c" },
      { partition: "user=x" },
      { window: "run:1" },
      { unit: "calls" },
      { amount: -4n },
      { by: "dave" },
      { reason: "another" },
    ] as const) {
      await expect(ledger.adjust({ ...first, ...change })).rejects.toThrow(/was made before, with another/);
    }
    expect(await ledger.adjust(first)).toMatchObject({ spent: -3n });
    expect(await ledger.adjustments()).toHaveLength(1);
  });

  it("never leaves the range of 64-bit integers, nor touches what nobody ever claimed", async () => {
    await ledger.settle(await grant(ledger, request("a")), { usd: 8n }, "reported");
    for (const change of [
      { amount: most },
      { amount: -most - 1n - 9n },
      { amount: most + 1n },
      { unit: "tokens" },
      { kind: "top_up", amount: 1n },
      { kind: "refund", amount: 0n },
      { by: "a\0b" },
      { kind: "gift", amount: -1n },
    ] as const) {
      await expect(ledger.adjust(adjustment(change as never))).rejects.toThrow(StorageFailed);
    }
    expect(await ledger.balances({})).toMatchObject([{ spent: 8n }]);
    expect(await ledger.adjustments()).toEqual([]);
  });

  it("below 0 lets more than the limit be spent, and exactly that", async () => {
    await grant(ledger, request("a", [claim({ amount: 0n })]));
    await ledger.adjust(adjustment({ kind: "top_up", amount: -50n }));
    await grant(ledger, request("b", [claim({ amount: 150n })]));
    expect(await ledger.reserve(request("c", [claim({ amount: 1n })]))).toMatchObject({
      status: "refused",
      exceeded: [{ spent: -50n, held: 150n }],
    });
  });

  it("to the lowest number of all is no reason to miscount", async () => {
    const whole = (key: string, amount: bigint) => request(key, [claim({ amount, limit: most })]);
    await grant(ledger, whole("a", 0n));
    await ledger.adjust(adjustment({ amount: -most - 1n }));
    await grant(ledger, whole("b", most));
    await expect(ledger.reserve(whole("c", 1n))).rejects.toThrow(StorageFailed);
    const twice = [claim({ amount: most, limit: most }), claim({ amount: most, limit: most })];
    expect((await ledger.reserve(request("d", twice))).status).toBe("refused");
    const unlimited = request("e", [claim({ amount: 1n, limit: null })]);
    await expect(ledger.reserve(unlimited)).rejects.toThrow(StorageFailed);
    expect(await ledger.balances({})).toMatchObject([{ spent: -most - 1n, held: most }]);
    const [open] = await ledger.reservations({ limit: 1 });
    await ledger.settle(open!.reservation, {}, "reported");
    expect(await ledger.balances({})).toMatchObject([{ spent: -1n, held: 0n }]);
    await grant(ledger, whole("f", most));
  });
});

describe("listing reservations", () => {
  it("shows the newest first, with how they stand, and of one budget where that is asked", async () => {
    const ledger = postgresLedger(pool);
    const settled = await grant(ledger, request("a"));
    await ledger.settle(settled, {}, "reported");
    const open = await grant(ledger, request("b", [claim({ budget: "c" }), claim()]));
    await ledger.reserve(request("refused", [claim({ amount: 1000n })]));
    const listed = await ledger.reservations();
    expect(listed.map(({ reservation: { key }, status }) => `${key} ${status}`)).toEqual([
      "b open",
      "a settled",
    ]);
    expect(listed[0]?.reservation.claims).toEqual(open.claims);
    expect(Math.abs((listed[0]?.createdAt ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(await ledger.reservations({ budget: "c" })).toHaveLength(1);
    expect(await ledger.reservations({ limit: 1 })).toHaveLength(1);
    const sameRow = (row: KeptReservation | undefined) => ({
      ...row,
      // The store's times are told by the caller's clock, as far apart as the two stand at the reading.
      createdAt: expect.closeTo(row?.createdAt ?? 0, -5),
      reservation: { ...row?.reservation, expiresAt: expect.closeTo(row?.reservation.expiresAt ?? 0, -5) },
    });
    expect(await ledger.reservations({ status: "open" })).toEqual([sameRow(listed[0])]);
    expect(await ledger.reservations({ id: settled.id })).toEqual([sameRow(listed[1])]);
    expect(await ledger.reservations({ id: settled.id, status: "open" })).toEqual([]);
    // What is listed can be released by whoever sees that its holder is gone.
    expect(await ledger.release(listed[0]!.reservation, "operator")).toEqual({ status: "released" });
  });
});

describe("a release that comes after another", () => {
  it("hears whether that was its own, by the reason", async () => {
    const ledger = postgresLedger(pool);
    const reservation = await grant(ledger, request("a"));
    expect(await ledger.release(reservation, "not sent")).toEqual({ status: "released" });
    expect(await ledger.release(reservation, "not sent")).toEqual({ status: "conflict", ended: "released" });
    const other = { status: "conflict", ended: "released", otherwise: true };
    expect(await ledger.release(reservation, "stuck")).toEqual(other);
    const ending = { outcome: "released", reason: "stuck" } as const;
    expect(await ledger.record([{ reservation, leases: [], ending }])).toMatchObject({ endings: [other] });
    const settling = { outcome: "settled", amounts: {}, source: "reported" } as const;
    expect(await ledger.record([{ reservation, leases: [], ending: settling }])).toMatchObject({
      endings: [{ status: "conflict", ended: "released" }],
    });
  });
});
