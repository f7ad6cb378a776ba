import { DatabaseSync } from "node:sqlite";
import { createGate, gateBudget, type Permit, type Reservation } from "@tollgate/core";
import { leaseKeysOf } from "@tollgate/core/driver";
import { manualClock } from "@tollgate/core/testing";
import { replayBalances, verifyChain } from "@tollgate/core/verify";
import { type SqliteFile, sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { claim, grant, sweep } from "./requests.ts";
import { tempFile } from "./temp-folder.ts";

const ttlMs = 60_000;
const recordWithinMs = 600_000;
const usd = (cents: number) => BigInt(cents) * 10_000_000n;

/** A file, and gates on it that are there one after the other. */
function setup() {
  const path = tempFile();
  const file = sqliteFile(path, { durability: "normal" });
  const clock = manualClock();
  const gateOn = (on: SqliteFile = file) =>
    createGate({
      ledger: sqliteLedger(on, { clock }),
      log: sqliteLog(on),
      budgets: [{ id: "money", limit: "$1.00" }],
      reservationTtlMs: ttlMs,
      clock,
    });
  const log = sqliteLog(file);
  const ledger = sqliteLedger(file, { clock });
  const dying = gateOn();
  return {
    clock,
    path,
    ledger,
    dying,
    gateOn,
    /** Decides about $0.40 in a process that dies before it writes how it ended. */
    decide: () => gateBudget(dying, { kind: "tool", name: "pay", params: {}, amounts: { usd: "$0.40" } }),
    /** The reservation of a permit, for the ledger alone. */
    async heldBy({ id }: Permit): Promise<Reservation> {
      const kept = (await ledger.reservations()).find(({ reservation }) => reservation.id === id);
      if (kept === undefined) throw new Error(`${id} is not open`);
      return kept.reservation;
    },
    /** Decides something small in a process that lives, which sweeps first. */
    async live(gate = gateOn()) {
      const permit = await gateBudget(gate, {
        kind: "tool",
        name: "look",
        params: {},
        amounts: { usd: "$0.01" },
      });
      await permit.release("not sent");
    },
    /** What the receipts say of how a decision ended, over all chains. */
    async endingsOf({ id }: Permit) {
      const found = [];
      for await (const { body } of log.read()) {
        if (body.type === "settlement" && body.decision === id) {
          const { outcome, amounts, source, reason, overage, late } = body;
          found.push({ outcome, amounts, source, reason, overage, late });
        }
      }
      return found;
    },
    /** Fails unless the receipts hold together, and come to the ledger's balances. */
    async check() {
      expect(await verifyChain(log.read())).toMatchObject({ break: null, open: 0 });
      expect(await ledger.balances({})).toMatchObject(await replayBalances(log.read()));
    },
  };
}

const none = { source: undefined, reason: undefined, overage: undefined, late: undefined };

describe("an ending that its process did not live to record", () => {
  it("is recorded by the next process that sweeps, as it was booked: a settlement with its overage", async () => {
    const { decide, heldBy, ledger, live, clock, endingsOf, check } = setup();
    const permit = await decide();
    await ledger.settle(await heldBy(permit), { usd: usd(55), calls: 1n }, "estimated");
    clock.advance(recordWithinMs);
    await live();
    const place = { budget: "money", partition: "", window: "total", unit: "usd" };
    expect(await endingsOf(permit)).toEqual([
      {
        ...none,
        outcome: "settled",
        amounts: [
          { unit: "calls", amount: "1" },
          { unit: "usd", amount: String(usd(55)) },
        ],
        source: "estimated",
        overage: [{ ...place, amount: String(usd(15)) }],
      },
    ]);
    await check();
  });

  it("a release with its reason", async () => {
    const { decide, heldBy, ledger, live, clock, endingsOf, check } = setup();
    const permit = await decide();
    await ledger.release(await heldBy(permit), "the provider was down");
    clock.advance(recordWithinMs);
    await live();
    expect(await endingsOf(permit)).toEqual([
      { ...none, outcome: "released", amounts: [], reason: "the provider was down" },
    ]);
    await check();
  });

  it("an expiry", async () => {
    const { decide, ledger, live, clock, endingsOf, check } = setup();
    const permit = await decide();
    clock.advance(ttlMs);
    expect(await sweep(ledger, clock.now())).toHaveLength(1);
    await live();
    expect(await endingsOf(permit)).toEqual([]);
    clock.advance(recordWithinMs);
    await live();
    expect(await endingsOf(permit)).toEqual([{ ...none, outcome: "expired", amounts: [] }]);
    await check();
  });

  it("a settlement after an expiry that is on record", async () => {
    const { decide, heldBy, ledger, live, clock, endingsOf, check } = setup();
    const permit = await decide();
    const reservation = await heldBy(permit);
    clock.advance(ttlMs);
    await live();
    await ledger.settle(reservation, { usd: usd(10) }, "reported");
    clock.advance(recordWithinMs);
    await live();
    const amounts = [{ unit: "usd", amount: String(usd(10)) }];
    expect(await endingsOf(permit)).toEqual([
      { ...none, outcome: "expired", amounts: [] },
      { ...none, outcome: "settled", amounts, source: "reported", late: true },
    ]);
    await check();
  });

  it("is not missed before a living process has had its time, and recorded once however many sweep", async () => {
    const { decide, heldBy, ledger, live, gateOn, clock, endingsOf } = setup();
    const permit = await decide();
    await ledger.settle(await heldBy(permit), {}, "reported");
    clock.advance(recordWithinMs - 1);
    await live();
    expect(await endingsOf(permit)).toEqual([]);
    clock.advance(recordWithinMs);
    await Promise.all([gateOn(), gateOn(), gateOn()].map((gate) => live(gate)));
    for (let round = 0; round < 3; round++) {
      clock.advance(recordWithinMs);
      await live();
    }
    expect(await endingsOf(permit)).toHaveLength(1);
  });

  it("is told again when who was told died too", async () => {
    const { decide, heldBy, ledger, live, clock, endingsOf, check } = setup();
    const permit = await decide();
    await ledger.settle(await heldBy(permit), {}, "reported");
    clock.advance(recordWithinMs);
    // Hears of it, and writes nothing.
    expect(await sweep(ledger, clock.now())).toHaveLength(1);
    await live();
    expect(await endingsOf(permit)).toEqual([]);
    clock.advance(recordWithinMs);
    await live();
    expect(await endingsOf(permit)).toMatchObject([{ outcome: "settled" }]);
    await check();
  });
});

describe("nothing is missed", () => {
  it("of a reservation that is open for long, until it has ended and is not recorded", async () => {
    const { decide, heldBy, ledger, live, clock, endingsOf } = setup();
    const permit = await decide();
    const reservation = await heldBy(permit);
    await ledger.extend(reservation, clock.now() + 10 * recordWithinMs);
    for (let round = 0; round < 4; round++) {
      clock.advance(recordWithinMs);
      await live();
    }
    expect(await endingsOf(permit)).toEqual([]);
    await ledger.release(reservation, "at last");
    await live();
    expect(await endingsOf(permit)).toEqual([]);
    clock.advance(2 * recordWithinMs);
    await live();
    expect(await endingsOf(permit)).toMatchObject([{ outcome: "released", reason: "at last" }]);
  });

  it("of what is recorded, denied, or decided without holding anything", async () => {
    const { decide, live, clock, ledger, check } = setup();
    await (await decide()).settle();
    await (await decide()).release("not sent");
    await expect(
      Promise.all([decide(), decide(), decide()].map(async (permit) => (await permit).settle())),
    ).rejects.toThrow(/has \$/);
    clock.advance(recordWithinMs);
    await live();
    clock.advance(recordWithinMs);
    expect(await sweep(ledger, clock.now())).toEqual([]);
    await check();
  });

  it("of what was recorded while it was looked for", async () => {
    const { decide, heldBy, live, ledger, clock, path } = setup();
    const [settled, late] = [await decide(), await decide()];
    const reservation = await heldBy(late);
    await settled.settle();
    clock.advance(ttlMs);
    await live();
    await late.settle();
    expect(await ledger.settle(reservation, {}, "reported")).toMatchObject({ late: true });
    clock.advance(recordWithinMs);
    // As if they had been taken for missing just before their receipts came.
    const database = new DatabaseSync(path);
    database.exec(
      "INSERT INTO watched (id, due) SELECT DISTINCT hold, 0 FROM receipts WHERE hold IS NOT NULL",
    );
    database.close();
    expect(await sweep(ledger, clock.now())).toEqual([]);
  });

  it("where receipts are kept elsewhere, as nobody can tell there", async () => {
    const clock = manualClock();
    const ledger = sqliteLedger(tempFile(), { clock });
    await grant(ledger, "a", [claim()]);
    await ledger.release(await grant(ledger, "b", [claim()]), "not sent");
    expect(await sweep(ledger, 1000)).toEqual(["a"]);
    for (let round = 0; round < 3; round++) {
      clock.advance(recordWithinMs);
      expect(await sweep(ledger, 1000)).toEqual([]);
    }
    await ledger.close();
  });

  it("where budgets are kept elsewhere", async () => {
    const clock = manualClock();
    const file = sqliteFile(tempFile());
    const gate = createGate({ log: sqliteLog(file), clock, budgets: [{ id: "money", limit: "$1.00" }] });
    for (let count = 0; count < 3; count++) {
      await gateBudget(gate, { kind: "tool", name: "pay", params: {}, amounts: { usd: "$0.10" } });
    }
    clock.advance(recordWithinMs);
    const ledger = sqliteLedger(file, { clock });
    expect(await sweep(ledger, clock.now())).toEqual([]);
    await Promise.all([ledger.close(), gate.close()]);
  });
});

describe("many endings that are missing", () => {
  it("are each told of once, and as they were booked, to several that look for them at the same time", async () => {
    const { clock, path, ledger, dying } = setup();
    const lease = { id: "l", key: `${leaseKeysOf(dying.chain)}l`, digest: "lease", claims: [], expiresAt: 0 };
    await ledger.reserve({ ...lease, expiresAt: clock.now() + 1 });
    const run = dying.run({ id: "run" });
    const tool = { kind: "tool", name: "pay", params: {}, amounts: { usd: "$0.01" } } as const;
    for (let nth = 0; nth < 80; nth++) await gateBudget(run, { ...tool, key: `own ${nth}` });
    for (const { reservation } of await ledger.reservations({ limit: 100 })) {
      if (reservation.id !== "l") await ledger.release(reservation, "not sent");
    }
    clock.advance(recordWithinMs);
    const sweepers = [1, 2, 3, 4].map(() => sqliteLedger(path, { clock }));
    const told = await Promise.all(
      sweepers.map(async (sweeper) => {
        const outcomes = [];
        for await (const { unrecorded } of sweeper.expire(clock.now())) outcomes.push(unrecorded?.outcome);
        return outcomes;
      }),
    );
    expect(told.flat()).toEqual(Array.from({ length: 80 }, () => "released"));
    for (const sweeper of sweepers) await sweeper.close();
  });

  it("are all found, whatever else is in the file", async () => {
    const { decide, heldBy, ledger, live, clock, endingsOf } = setup();
    await Promise.all(
      Array.from({ length: 6000 }, async (_, n) => {
        await ledger.release(
          await grant(ledger, `other ${n}`, [claim({ window: "run:other", limit: null })]),
          "",
        );
      }),
    );
    const permits = [];
    for (let count = 0; count < 80; count++) {
      const permit = await decide();
      await ledger.release(await heldBy(permit), `number ${count}`);
      permits.push(permit);
    }
    clock.advance(recordWithinMs);
    await live();
    for (const [count, permit] of permits.entries()) {
      expect(await endingsOf(permit)).toMatchObject([{ outcome: "released", reason: `number ${count}` }]);
    }
    expect(await sweep(ledger, clock.now())).toEqual([]);
  });
});
