import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { migrate, postgresLedger } from "../src/index.ts";
import { emptySchema } from "./clean-schema.ts";
import { all, claim, grant, range, request } from "./fixture.ts";
import { holdsByKey, leasedGrant, released, settledAt, standing, takeLease } from "./leased-grant.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool();
await migrate(pool);
beforeEach(() => emptySchema(pool));
const ledger = postgresLedger(pool, { time: "caller", clock: { now: () => 0 } });

describe("a lease that is not open any more", () => {
  it.each(["released", "expired", "forgotten", "another's"])(
    "(%s) is told of, and what was granted out of it is held anew, whatever the limit",
    async (how) => {
      const lease = await takeLease(ledger, "one", 40n, {}, 5);
      const other = await takeLease(ledger, "other", 20n, {}, 1e12);
      if (how === "released" || how === "forgotten") await ledger.release(lease, "done");
      if (how === "expired") expect(await all(ledger.expire(5))).toEqual([]);
      if (how === "forgotten") await pool.query("DELETE FROM tollgate.reservations WHERE key = 'lease one'");
      const gone = how === "another's" ? { ...lease, id: "somebody's" } : lease;
      await grant(ledger, request("rest", [claim({ amount: how === "another's" ? 40n : 80n })], 1e12));
      const recorded = await ledger.record([
        leasedGrant("a", [gone]),
        leasedGrant("b", [gone], settledAt(12n)),
        leasedGrant("c", [gone], released),
        leasedGrant("d", [other]),
      ]);
      expect(recorded.lost).toEqual([gone.id]);
      expect(recorded.endings).toMatchObject([
        null,
        { status: "settled", late: false, charges: [{ actual: 12n, overage: 2n }] },
        { status: "released" },
        null,
      ]);
      expect(recorded.balances).toEqual(await ledger.balances({}));
      expect(await standing(ledger)).toEqual([12n, 110n]);
      expect(await holdsByKey(ledger)).toMatchObject({ a: [10n], "lease other": [10n], d: [10n] });
    },
  );

  it("is told of also where nothing new comes out of it", async () => {
    const lease = await takeLease(ledger, "one", 40n);
    await ledger.record([leasedGrant("a", [lease])]);
    await ledger.release(lease, "done");
    expect(await ledger.record([leasedGrant("a", [lease], released)])).toMatchObject({
      endings: [{ status: "released" }],
      lost: [lease.id],
    });
    expect(await standing(ledger)).toEqual([0n, 0n]);
  });

  it("counts as lost when it holds too little, or for another balance, and keeps what it holds", async () => {
    const small = await takeLease(ledger, "small", 15n);
    const foreign = await takeLease(ledger, "foreign", 50n, { budget: "c" });
    const recorded = await ledger.record([
      leasedGrant("a", [small]),
      leasedGrant("b", [small]),
      { ...leasedGrant("c", [small]), leases: [foreign] },
    ]);
    expect([...recorded.lost].sort()).toEqual([foreign.id, small.id].sort());
    expect((await ledger.balances({})).map(({ held }) => held)).toEqual([45n, 50n]);
    expect(await holdsByKey(ledger)).toEqual({
      "lease small": [15n],
      "lease foreign": [50n],
      a: [10n],
      b: [10n],
      c: [10n],
    });
  });

  it("has its balances made where there are none, unless they were forgotten", async () => {
    const never = request("lease never", [claim({ budget: "new", partition: "user=x" })]);
    const recorded = await ledger.record([
      leasedGrant("a", [never]),
      leasedGrant("b", [never], settledAt(3n)),
    ]);
    expect(recorded.balances).toEqual([
      {
        budget: "new",
        partition: "user=x",
        window: "total",
        endsAt: null,
        unit: "usd",
        limit: 100n,
        spent: 3n,
        held: 10n,
      },
    ]);
    const old = request("lease old", [claim({ window: "2020", endsAt: 5 })]);
    await pool.query("INSERT INTO tollgate.forgotten_windows VALUES ('b', 'usd', 5)");
    await expect(ledger.record([leasedGrant("c", [old]), leasedGrant("d", [never])])).rejects.toThrow(
      /was forgotten after its end/,
    );
    expect(await holdsByKey(ledger)).toEqual({ a: [10n] });
  });
});

describe("a lease", () => {
  it("that has expired gives its money back, and no sweep tells of it", async () => {
    await takeLease(ledger, "one", 40n, {}, 5);
    await grant(ledger, request("a", [claim()], 5));
    expect(await ledger.nextExpiry()).toBe(5);
    expect((await all(ledger.expire(5))).map(({ key }) => key)).toEqual(["a"]);
    expect(await standing(ledger)).toEqual([0n, 0n]);
  });

  it("is in nobody's way: a sweep ends more of them than it looks at in one go", async () => {
    await Promise.all(range(250).map((nth) => takeLease(ledger, `${nth}`, 1n, { limit: null }, 5)));
    await grant(ledger, request("a", [claim({ limit: null })], 6));
    expect((await all(ledger.expire(6))).map(({ key }) => key)).toEqual(["a"]);
    expect(await standing(ledger)).toEqual([0n, 0n]);
  });
});
