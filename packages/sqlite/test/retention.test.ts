import { DatabaseSync } from "node:sqlite";
import { manualClock } from "@tollgate/core/testing";
import { sqliteLedger } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { claim, grant, outcome, request, sweep } from "./requests.ts";
import { tempFile } from "./temp-folder.ts";

const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const today = { window: "2026-01-01T00:00:00Z", endsAt: start + dayMs };

function setup() {
  const clock = manualClock(start);
  const path = tempFile();
  const retention = { endedMs: 10 * dayMs, expiredMs: 2 * dayMs, windowMs: 3 * dayMs, runMs: 5 * dayMs };
  return { clock, path, ledger: sqliteLedger(path, { clock, retention, durability: "normal" }) };
}

/** Lets time pass, with a sweep every now and then as a gate makes them. */
async function pass(days: number, { clock, ledger }: ReturnType<typeof setup>): Promise<void> {
  for (let day = 0; day < days; day++) {
    clock.advance(dayMs);
    await sweep(ledger, clock.now());
  }
}

describe("what is over", () => {
  it("an expired reservation may settle for as long as was asked for, and not after", async () => {
    const test = setup();
    const { ledger, clock } = test;
    const [early, late] = [await grant(ledger, "early"), await grant(ledger, "late")];
    await sweep(ledger, clock.now());
    await pass(1, test);
    expect(await ledger.settle(early, {}, "reported")).toMatchObject({ status: "settled", late: true });
    await pass(1, test);
    expect(await ledger.settle(late, {}, "reported")).toEqual({ status: "conflict", ended: "unknown" });
    expect(await ledger.reserve(request("late"))).toEqual({ status: "conflict", reason: "already_expired" });
    await ledger.close();
  });

  it("a used key stays used for as long as was asked for", async () => {
    const test = setup();
    const { ledger } = test;
    await ledger.settle(await grant(ledger, "a"), {}, "reported");
    await pass(9, test);
    expect(await ledger.reserve(request("a"))).toEqual({ status: "conflict", reason: "already_settled" });
    await pass(1, test);
    expect(await ledger.reserve(request("a"))).toMatchObject({ status: "reserved", replayed: false });
    await ledger.close();
  });

  it("an ended window's balance stays for some time, then nothing can be claimed from it any more", async () => {
    const test = setup();
    const { ledger } = test;
    await ledger.settle(await grant(ledger, "a", [claim(today)]), {}, "reported");
    await pass(3, test);
    expect(await ledger.balances({})).toMatchObject([{ spent: 10n }]);
    expect(await ledger.reserve(request("b", [claim({ ...today, amount: 91n })]))).toMatchObject({
      status: "refused",
    });
    await pass(1, test);
    expect(await ledger.balances({})).toEqual([]);
    expect(await outcome(() => ledger.reserve(request("c", [claim(today)])))).toMatch(
      /the window 2026-01-01T00:00:00Z of budget "b" ended so long ago/,
    );
    await ledger.close();
  });

  it("a balance stays while something is held on it", async () => {
    const test = setup();
    const { ledger, clock } = test;
    const expiresAt = clock.now() + 100 * dayMs;
    const reservation = await grant(ledger, "a", [claim(today), claim({ window: "run:1" })], expiresAt);
    await pass(20, test);
    expect(await ledger.balances({})).toHaveLength(2);
    await ledger.settle(reservation, {}, "reported");
    await pass(6, test);
    expect(await ledger.balances({})).toEqual([]);
    await ledger.close();
  });

  it("a run's balance stays for some time after its last use, and a budget's for all time for ever", async () => {
    const test = setup();
    const { ledger } = test;
    await ledger.settle(await grant(ledger, "a", [claim({ window: "run:1" }), claim()]), {}, "reported");
    await pass(4, test);
    await ledger.settle(await grant(ledger, "b", [claim({ window: "run:1" })]), {}, "reported");
    await pass(4, test);
    expect(await ledger.balances({ window: "run:1" })).toMatchObject([{ spent: 20n }]);
    await pass(1, test);
    expect(await ledger.balances({})).toMatchObject([{ window: "total", spent: 10n }]);
    await ledger.close();
  });

  it("goes a few rows at a time, all of it in the end", async () => {
    const test = setup();
    const { ledger, path } = test;
    await Promise.all(
      Array.from({ length: 1000 }, async (_, n) => {
        const window = `run:${n}`;
        await ledger.release(await grant(ledger, `k${n}`, [claim({ window })]), "not sent");
      }),
    );
    await pass(25, test);
    expect(await ledger.balances({})).toEqual([]);
    await ledger.close();
    const database = new DatabaseSync(path);
    expect(database.prepare("SELECT count(*) AS n FROM ended").get()?.n).toBe(0);
    database.close();
  });
});
