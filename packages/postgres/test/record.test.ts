import { StorageFailed } from "@tollgate/core";
import { maxAmount } from "@tollgate/core/driver";
import { beforeEach, describe, expect, it } from "vitest";
import { forget, postgresLedger } from "../src/index.ts";
import { all, claim, grant, range, request } from "./fixture.ts";
import { holdsByKey, leasedGrant, released, settledAt, standing, takeLease } from "./leased-grant.ts";
import { startShakyServer } from "./shaky-server.ts";

const { proxy, pool, shaky } = await startShakyServer();

const clock = { at: 0, now: () => clock.at };
const ledger = postgresLedger(pool, { time: "caller", clock });
beforeEach(() => {
  clock.at = 0;
});

const unknown = { status: "conflict", ended: "unknown" };

describe("a grant that is recorded", () => {
  it("takes over its part of what its lease holds, and nothing more is held", async () => {
    const lease = await takeLease(ledger, "one", 100n);
    const recorded = await ledger.record([leasedGrant("a", [lease]), leasedGrant("b", [lease], null, [25n])]);
    expect(recorded).toEqual({ endings: [null, null], lost: [], balances: [] });
    expect(await holdsByKey(ledger)).toEqual({ "lease one": [65n], a: [10n], b: [25n] });
    expect(await standing(ledger)).toEqual([0n, 100n]);
  });

  it("is a reservation like any other from then on", async () => {
    const lease = await takeLease(ledger, "one", 100n);
    const { reservation } = leasedGrant("a", [lease]);
    await ledger.record([leasedGrant("a", [lease])]);
    expect(await ledger.reserve({ ...reservation, id: "another" })).toMatchObject({
      status: "reserved",
      replayed: true,
      reservation,
    });
    expect(await ledger.extend(reservation, 9_999_999_999_999)).toBe(true);
    expect(await ledger.settle(reservation, { usd: 12n }, "reported")).toMatchObject({
      status: "settled",
      charges: [{ actual: 12n, overage: 2n }],
    });
    expect(await standing(ledger)).toEqual([12n, 90n]);
    expect(await ledger.release(lease, "done")).toEqual({ status: "released" });
    expect(await standing(ledger)).toEqual([12n, 0n]);
  });

  it("comes out of several leases, each for its claim", async () => {
    const one = await takeLease(ledger, "one", 50n, { budget: "z" });
    const other = await takeLease(ledger, "other", 20n, { budget: "a" });
    await ledger.record([leasedGrant("k", [one, other], null, [7n, 3n])]);
    expect(await holdsByKey(ledger)).toEqual({ "lease one": [43n], "lease other": [17n], k: [7n, 3n] });
    expect((await ledger.balances({})).map(({ held }) => held)).toEqual([20n, 50n]);
  });

  it("that has ended meanwhile is never held: it is booked or given back at once", async () => {
    const lease = await takeLease(ledger, "one", 100n);
    const recorded = await ledger.record([
      leasedGrant("a", [lease], settledAt(12n)),
      leasedGrant("b", [lease], released),
      leasedGrant("c", [lease], { outcome: "settled", amounts: {}, source: "estimated" }),
      leasedGrant("d", [lease]),
    ]);
    expect(recorded.endings).toEqual([
      { status: "settled", charges: [{ claim: claim(), actual: 12n, overage: 2n }], late: false },
      { status: "released" },
      { status: "settled", charges: [{ claim: claim(), actual: 10n, overage: 0n }], late: false },
      null,
    ]);
    expect(recorded.balances).toEqual(await ledger.balances({}));
    expect(await holdsByKey(ledger)).toEqual({ "lease one": [60n], d: [10n] });
    expect(await standing(ledger)).toEqual([22n, 70n]);
    const { rows } = await pool.query(
      "SELECT due_at FROM tollgate.reservations WHERE key IN ('a', 'b', 'c')",
    );
    expect(rows).toEqual([{ due_at: null }, { due_at: null }, { due_at: null }]);
  });

  it("ends as it would by itself when it was recorded before", async () => {
    const lease = await takeLease(ledger, "one", 100n);
    await ledger.record(["a", "b", "c"].map((key) => leasedGrant(key, [lease])));
    const recorded = await ledger.record([
      leasedGrant("c", [lease]),
      leasedGrant("b", [lease], released),
      leasedGrant("a", [lease], settledAt(15n)),
    ]);
    expect(recorded.endings).toMatchObject([
      null,
      { status: "released" },
      { status: "settled", charges: [{ actual: 15n, overage: 5n }], late: false },
    ]);
    expect(recorded.balances).toEqual(await ledger.balances({}));
    expect(await holdsByKey(ledger)).toEqual({ "lease one": [70n], c: [10n] });
    expect(await standing(ledger)).toEqual([15n, 80n]);
  });

  it("ends once: what ended before says how, as settle and release do", async () => {
    const lease = await takeLease(ledger, "one", 100n);
    const first = [leasedGrant("a", [lease], settledAt(1n)), leasedGrant("b", [lease], released)];
    await ledger.record(first);
    const before = await standing(ledger);
    expect((await ledger.record(first)).endings).toEqual([
      { status: "conflict", ended: "settled", late: false },
      { status: "conflict", ended: "released" },
    ]);
    const turned = [leasedGrant("a", [lease], released), leasedGrant("b", [lease], settledAt(1n))];
    expect((await ledger.record(turned)).endings).toEqual([
      { status: "conflict", ended: "settled" },
      { status: "conflict", ended: "released" },
    ]);
    expect(await standing(ledger)).toEqual(before);
  });

  it("settles late when it has expired, and its overage is what does not fit under the limit", async () => {
    const lease = await takeLease(ledger, "one", 60n, {}, 1e12);
    const keys = ["a", "b", "c", "d"];
    const open = keys.map((key) => leasedGrant(key, [lease]));
    await ledger.record(
      open.map((each) => ({ ...each, reservation: { ...each.reservation, expiresAt: 5 } })),
    );
    expect(await all(ledger.expire(5))).toHaveLength(4);
    await grant(ledger, request("other", [claim({ amount: 60n })], 1e12));
    const recorded = await ledger.record([
      leasedGrant("a", [lease], settledAt(15n)),
      leasedGrant("b", [lease], released),
      leasedGrant("c", [lease], settledAt(10n)),
      leasedGrant("d", [lease]),
      leasedGrant("new", [lease], settledAt(2n)),
    ]);
    // 20 held by the lease, 60 by the other; 10 of the lease's go to the new one, of which 2 are spent.
    expect(recorded.endings).toMatchObject([
      { status: "settled", late: true, charges: [{ actual: 15n, overage: 0n }] },
      { status: "conflict", ended: "expired" },
      { status: "settled", late: true, charges: [{ actual: 10n, overage: 0n }] },
      null,
      { status: "settled", late: false, charges: [{ actual: 2n, overage: 0n }] },
    ]);
    expect(await standing(ledger)).toEqual([27n, 70n]);
    expect((await ledger.record([leasedGrant("d", [lease], settledAt(9n))])).endings).toMatchObject([
      { status: "settled", late: true, charges: [{ actual: 9n, overage: 6n }] },
    ]);
    expect((await ledger.record([leasedGrant("a", [lease], settledAt(15n))])).endings).toEqual([
      { status: "conflict", ended: "settled", late: true },
    ]);
  });

  it("may come twice in one batch, and brings its ending", async () => {
    const lease = await takeLease(ledger, "one", 100n);
    const recorded = await ledger.record([
      leasedGrant("a", [lease]),
      leasedGrant("a", [lease], settledAt(3n)),
      leasedGrant("a", [lease], released),
      { ...leasedGrant("a", [lease]), reservation: { ...request("a"), id: "another" } },
    ]);
    expect(recorded.endings).toMatchObject([
      null,
      { status: "settled", charges: [{ actual: 3n }] },
      { status: "conflict", ended: "settled" },
      unknown,
    ]);
    expect(await standing(ledger)).toEqual([3n, 90n]);
  });

  it("needs no claims", async () => {
    const bare = { reservation: request("a", []), leases: [], ending: released };
    expect(await ledger.record([bare])).toEqual({
      endings: [{ status: "released" }],
      lost: [],
      balances: [],
    });
    expect(await ledger.record([])).toEqual({ endings: [], lost: [], balances: [] });
  });
});

describe("a key that is another's", () => {
  it("is a conflict for its grant, and hurts none of the others", async () => {
    const lease = await takeLease(ledger, "one", 80n);
    await grant(ledger, { ...request("taken", [claim({ amount: 1n })]), id: "somebody's" });
    await ledger.reserve({ ...request("refused", [claim({ amount: 1000n })]), id: "somebody's" });
    await ledger.release(await grant(ledger, request("old", [claim({ amount: 1n })])), "not sent");
    await pool.query("UPDATE tollgate.reservations SET ended_at = ended_at - 9999 WHERE key = 'old'");
    await forget(pool, { endedMs: 0 });
    const recorded = await ledger.record([
      leasedGrant("taken", [lease], settledAt(5n)),
      leasedGrant("a", [lease], settledAt(5n)),
      leasedGrant("taken", [lease]),
      leasedGrant("refused", [lease]),
      leasedGrant("old", [lease], released),
      leasedGrant("old", [lease]),
      leasedGrant("b", [lease]),
    ]);
    expect(recorded.endings).toMatchObject([
      unknown,
      { status: "settled" },
      unknown,
      unknown,
      unknown,
      unknown,
      null,
    ]);
    expect(await holdsByKey(ledger)).toEqual({ "lease one": [60n], taken: [1n], b: [10n] });
    expect(await standing(ledger)).toEqual([5n, 71n]);
  });
});

describe("recording", () => {
  it("refuses what goes beyond 64 bits, and changes nothing then", async () => {
    const lease = await takeLease(ledger, "one", maxAmount - 5n, { limit: null });
    await ledger.record([leasedGrant("a", [lease], null, [maxAmount - 5n])]);
    const before = [await holdsByKey(ledger), await standing(ledger)];
    const gone = { ...lease, id: "gone" };
    for (const grants of [
      // Held anew beside what is held already.
      [leasedGrant("b", [gone], null, [6n])],
      [leasedGrant("b", [gone], null, [maxAmount])],
      [leasedGrant("b", [gone], null, [maxAmount]), leasedGrant("c", [gone], null, [maxAmount])],
      [leasedGrant("b", [gone], settledAt(maxAmount)), leasedGrant("a", [lease], settledAt(1n))],
      [leasedGrant("b", [gone], settledAt(maxAmount + 1n))],
      [leasedGrant("b", [gone], settledAt(-1n))],
      [leasedGrant("b", [gone], null, [-1n])],
      [leasedGrant("b", [gone], null, [maxAmount + 1n])],
      [leasedGrant("b\0", [gone])],
      [leasedGrant("b", [gone]), { ...leasedGrant("c", [gone]), reservation: request("c", [], Number.NaN) }],
    ]) {
      await expect((async () => ledger.record(grants))()).rejects.toThrow(StorageFailed);
    }
    expect([await holdsByKey(ledger), await standing(ledger)]).toEqual(before);
    // All that fits is taken.
    expect((await ledger.record([leasedGrant("a", [lease], settledAt(maxAmount))])).balances).toMatchObject([
      { spent: maxAmount, held: 0n },
    ]);
    await expect(ledger.record([leasedGrant("b", [gone], null, [1n])])).rejects.toThrow(
      /more than 2\^63 - 1/,
    );
  });

  it.each(["answer", "question"] as const)("that loses its %s is done once", async (lose) => {
    const ledger = postgresLedger(shaky);
    const lease = await takeLease(ledger, "one", 100n);
    await ledger.record([leasedGrant("old", [lease])]);
    const cut = proxy.cut("tollgate.record", lose);
    const recording = ledger.record([
      leasedGrant("a", [lease]),
      leasedGrant("b", [lease], settledAt(12n)),
      leasedGrant("c", [lease], released),
      leasedGrant("old", [lease], settledAt(3n)),
    ]);
    await cut;
    expect((await recording).endings).toMatchObject([
      null,
      { status: "settled", charges: [{ actual: 12n, overage: 2n }], late: false },
      { status: "released" },
      { status: "settled", charges: [{ actual: 3n, overage: 0n }], late: false },
    ]);
    expect(await standing(ledger)).toEqual([15n, 70n]);
    expect(await holdsByKey(ledger)).toEqual({ "lease one": [60n], a: [10n] });
  });

  it("takes hundreds of grants and balances at once", async () => {
    const leases = await Promise.all(
      range(40).map((nth) => takeLease(ledger, `${nth}`, 100n, { partition: `user=\u{1f512}${nth}` })),
    );
    const grants = range(400).map((nth) =>
      leasedGrant(`k${nth}`, [leases[nth % 40]!], nth % 2 === 0 ? null : settledAt(1n)),
    );
    expect(await ledger.record(grants)).toMatchObject({ lost: [], endings: { length: 400 } });
    const balances = await ledger.balances({});
    expect(balances.map(({ spent, held }) => [spent, held])).toEqual(
      range(40)
        .map(String)
        .sort()
        .map((nth) => (Number(nth) % 2 === 0 ? [0n, 100n] : [10n, 0n])),
    );
  });
});
