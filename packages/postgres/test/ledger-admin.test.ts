import { StorageFailed } from "@tollgate/core";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { migrate, postgresLedger } from "../src/index.ts";
import { emptySchema } from "./clean-schema.ts";
import { claim, grant, request } from "./fixture.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool();
await migrate(pool);
beforeEach(() => emptySchema(pool));

describe("adjusting", () => {
  const adjustment = {
    budget: "b",
    partition: "",
    window: "total",
    unit: "usd",
    by: "carol",
    reason: "refund",
  };

  it("changes what was spent, and keeps who did it and why", async () => {
    const ledger = postgresLedger(pool);
    await ledger.settle(await grant(ledger, request("a")), { usd: 8n }, "reported");
    const [before] = await ledger.balances({});
    expect(await ledger.adjust({ ...adjustment, amount: -5n })).toEqual({ ...before, spent: 3n });
    expect(await ledger.adjust({ ...adjustment, amount: 90n })).toMatchObject({ spent: 93n });
    expect((await ledger.reserve(request("b"))).status).toBe("refused");
    const { rows } = await pool.query(
      "SELECT amount, adjusted_by, reason FROM tollgate.adjustments ORDER BY id",
    );
    expect(rows).toEqual([
      { amount: "-5", adjusted_by: "carol", reason: "refund" },
      { amount: "90", adjusted_by: "carol", reason: "refund" },
    ]);
    await expect(pool.query("DELETE FROM tollgate.adjustments")).rejects.toThrow(/only takes new rows/);
  });

  it("never brings it below 0 or above 2^63 - 1, and nowhere where nothing was claimed", async () => {
    const ledger = postgresLedger(pool);
    await ledger.settle(await grant(ledger, request("a")), { usd: 8n }, "reported");
    const most = 2n ** 63n - 1n;
    for (const change of [
      { amount: -9n },
      { amount: most },
      { amount: -most - 1n },
      { amount: 1n, unit: "tokens" },
    ]) {
      await expect(ledger.adjust({ ...adjustment, ...change })).rejects.toThrow(StorageFailed);
    }
    expect(await ledger.balances({})).toMatchObject([{ spent: 8n }]);
    expect((await pool.query("SELECT * FROM tollgate.adjustments")).rows).toEqual([]);
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
    // What is listed can be released by whoever sees that its holder is gone.
    expect(await ledger.release(listed[0]!.reservation, "operator")).toEqual({ status: "released" });
  });
});
