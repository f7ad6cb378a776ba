import { InvalidConfig, StorageFailed } from "@tollgate/core";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { forget, migrate, postgresLedger } from "../src/index.ts";
import { emptySchema } from "./clean-schema.ts";
import { claim, grant, range, request } from "./fixture.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool();
await migrate(pool);
beforeEach(() => emptySchema(pool));

const hour = 3_600_000;
const ledger = postgresLedger(pool);

/** Makes everything that is stored so much older. */
async function age(ms: number): Promise<void> {
  await pool.query(
    "UPDATE tollgate.reservations SET created_at = created_at - $1, ended_at = ended_at - $1",
    [ms],
  );
  await pool.query("UPDATE tollgate.balances SET used_at = used_at - $1, ends_at = ends_at - $1", [ms]);
  await pool.query("UPDATE tollgate.forgotten SET forgotten_at = forgotten_at - $1", [ms]);
}

describe("forgetting", () => {
  it("takes ended reservations alone, and their keys stay refused", async () => {
    const ended = await grant(ledger, request("ended"));
    await ledger.release(ended, "not sent");
    await ledger.reserve(request("refused", [claim({ amount: 1000n })]));
    const open = await grant(ledger, request("open"));
    await age(hour + 1);
    const late = await grant(ledger, request("late"));
    await ledger.release(late, "not sent");
    expect(await forget(pool, { endedMs: hour })).toEqual({ reservations: 2, balances: 0, fingerprints: 0 });
    for (const key of ["ended", "refused"]) {
      expect(await ledger.reserve(request(key))).toEqual({ status: "conflict", reason: "forgotten" });
    }
    expect(await ledger.reserve(request("late"))).toEqual({ status: "conflict", reason: "already_released" });
    expect(await ledger.settle(ended, {}, "reported")).toEqual({ status: "conflict", ended: "unknown" });
    expect(await ledger.release(open, "not sent")).toEqual({ status: "released" });
    expect((await ledger.reservations()).map(({ reservation: { key } }) => key)).toEqual(["late", "open"]);
  });

  it("goes on until nothing old is left", async () => {
    const keys = range(1200).map(String);
    await Promise.all(
      keys.map(async (key) => ledger.release(await grant(ledger, request(key, [])), "not sent")),
    );
    expect(await forget(pool, { endedMs: 0 })).toMatchObject({ reservations: 1200 });
  });

  it("takes balances of windows that ended, and no claim starts them anew", async () => {
    const window = { window: "2026-01-01T00:00:00Z", endsAt: Date.now() + hour };
    const held = await grant(ledger, request("a", [claim(window), claim({ window: "total" })]));
    await age(3 * hour);
    const retention = { endedMs: hour, windowMs: hour };
    expect(await forget(pool, retention)).toMatchObject({ balances: 0 });
    await ledger.release(held, "not sent");
    await age(2 * hour);
    expect(await forget(pool, retention)).toEqual({ reservations: 1, balances: 1, fingerprints: 0 });
    expect((await ledger.balances({})).map((balance) => balance.window)).toEqual(["total"]);
    const again = ledger.reserve(request("b", [claim({ ...window, endsAt: Date.now() - 5 * hour })]));
    await expect(again).rejects.toThrow(/was forgotten after its end/);
    await expect(again).rejects.toBeInstanceOf(StorageFailed);
    // Nothing is left of the try.
    expect((await ledger.reserve(request("b"))).status).toBe("reserved");
    await grant(ledger, request("c", [claim({ window: "next", endsAt: Date.now() + hour })]));
  });

  it("takes balances of runs that nobody uses any more, and no claim starts them anew", async () => {
    const run = claim({ window: "run:1" });
    await ledger.settle(await grant(ledger, request("a", [run])), {}, "reported");
    await age(3 * hour);
    expect(await forget(pool, { endedMs: hour, runMs: 4 * hour })).toMatchObject({ balances: 0 });
    expect(await forget(pool, { endedMs: hour, runMs: 2 * hour })).toMatchObject({ balances: 1 });
    await expect(ledger.reserve(request("b", [run]))).rejects.toThrow(/was forgotten after long disuse/);
    await grant(ledger, request("b", [claim({ window: "run:2" })]));
  });

  it("takes fingerprints in the end", async () => {
    await ledger.release(await grant(ledger, request("a")), "not sent");
    await age(hour + 1);
    await forget(pool, { endedMs: hour });
    await age(hour + 1);
    expect(await forget(pool, { fingerprintMs: hour })).toMatchObject({ fingerprints: 1 });
    await grant(ledger, request("a"));
  });

  it("refuses options that make no sense", async () => {
    await expect(forget(pool, { endedMs: -1 })).rejects.toThrow(InvalidConfig);
    await expect(forget(pool, { endMs: 1 } as never)).rejects.toThrow(InvalidConfig);
  });
});
