import { createSigner, memoryLedger, memoryLog, type Permit, type Receipt } from "@tollgate/core";
import { tellLostGrants } from "@tollgate/core/operate";
import { manualClock } from "@tollgate/core/testing";
import { replayBalances, verifyChain } from "@tollgate/core/verify";
import { expect } from "vitest";
import { ttl } from "./leased-process.ts";
import type { LedgerLaw } from "./ledger-under-test.ts";
import {
  decide,
  live,
  type MakeSharedStore,
  openLeases,
  openReservation,
  recordWithinMs,
  reservationTtlMs,
  Shop,
} from "./untold-shop.ts";

/**
 * What becomes of grants that their process did not live to tell the shared ledger, where receipts are in the same
 * store: each is told of as expired, once, and what comes late finds it so.
 */
export function untoldLaws(make: MakeSharedStore): readonly LedgerLaw[] {
  return Object.entries(laws).map(([rule, holds]) => ({
    rule,
    async check() {
      const clock = manualClock();
      const store = await make(clock, recordWithinMs);
      try {
        await holds(new Shop(store, clock));
      } finally {
        await store.close();
      }
    },
  }));
}

const laws: Readonly<Record<string, (shop: Shop) => Promise<void>>> = {
  async "a grant that nobody was told of is told of as expired when its lease is over and it had its time"(
    shop,
  ) {
    const { gate } = await shop.machine();
    const permits = [await decide(gate), await decide(gate), await decide(gate, "bob")];
    await shop.pass(reservationTtlMs + 2 * ttl);
    for (const permit of permits) expect(await shop.endingsOf(permit)).toEqual([]);
    await shop.pass(recordWithinMs);
    for (const permit of permits) expect(await shop.endingsOf(permit)).toEqual(["expired"]);
    await shop.check();
    for (let round = 0; round < 3; round++) await shop.pass(recordWithinMs);
    for (const permit of permits) expect(await shop.endingsOf(permit)).toEqual(["expired"]);
    await shop.check();
  },

  async "and told of once, however many sweep"(shop) {
    const { gate } = await shop.machine();
    const permits: Permit[] = [];
    for (let nth = 0; nth < 12; nth++) permits.push(await decide(gate, `user-${nth % 3}`));
    await shop.pass(reservationTtlMs + 2 * ttl);
    const sweepers = [1, 2, 3, 4].map(() => shop.gate());
    for (const sweeper of sweepers) await live(sweeper);
    shop.clock.advance(recordWithinMs);
    for (let round = 0; round < 3; round++) {
      await Promise.all(sweepers.map((sweeper) => sweeper.balances()));
      await shop.store.rest();
    }
    for (const permit of permits) expect(await shop.endingsOf(permit)).toEqual(["expired"]);
    await shop.check();
  },

  async "and told of to another when who was told of it died, too"(shop) {
    const { gate } = await shop.machine();
    const permit = await decide(gate);
    await shop.pass(reservationTtlMs + 2 * ttl);
    shop.clock.advance(recordWithinMs);
    const told: string[] = [];
    for (let round = 0; round < 3; round++) {
      for await (const { id } of shop.store.ledger.expire(shop.clock.now())) told.push(id);
      await shop.store.rest();
    }
    expect(told).toEqual([permit.id]);
    await shop.pass(1000);
    expect(await shop.endingsOf(permit)).toEqual([]);
    await shop.pass(recordWithinMs);
    expect(await shop.endingsOf(permit)).toEqual(["expired"]);
    await shop.check();
  },

  async "what settles after that, as its process was only cut off, is booked as late"(shop) {
    const machine = await shop.machine();
    const [settled, released, forgotten] = [
      await decide(machine.gate),
      await decide(machine.gate),
      await decide(machine.gate),
    ];
    await shop.outlive();
    machine.tells = true;
    await settled.settle({ amounts: { units: 4n } });
    await released.release("not sent");
    await machine.ledger.flush();
    expect(await shop.endingsOf(settled)).toEqual(["expired", "settled late"]);
    for (const permit of [released, forgotten]) expect(await shop.endingsOf(permit)).toEqual(["expired"]);
    const partition = "user=alice";
    expect(await shop.store.ledger.balances({ partition })).toMatchObject([{ spent: 4n, held: 0n }]);
    await shop.outlive();
    await shop.check();
  },

  async "nothing is taken for lost while a lease of its process is open, however long that is"(shop) {
    const machine = await shop.machine();
    const permit = await decide(machine.gate);
    for (const lease of await openLeases(shop))
      await shop.store.ledger.extend(lease, shop.clock.now() + 10 * recordWithinMs);
    for (let round = 0; round < 5; round++) await shop.pass(recordWithinMs);
    expect(await shop.endingsOf(permit)).toEqual([]);
    machine.tells = true;
    await permit.settle({ amounts: { units: 3n } });
    for (let round = 0; round < 8; round++) await shop.pass(recordWithinMs);
    expect(await shop.endingsOf(permit)).toEqual(["settled"]);
    await shop.check();
  },

  async "what was told ends as it ends without leases"(shop) {
    const machine = await shop.machine();
    machine.tells = true;
    const [kept, booked] = [await decide(machine.gate), await decide(machine.gate)];
    await booked.settle({ amounts: { units: 7n } });
    await machine.ledger.flush();
    machine.tells = false;
    const lost = await decide(machine.gate);
    await shop.outlive();
    expect(await shop.endingsOf(kept)).toEqual(["expired"]);
    expect(await shop.endingsOf(booked)).toEqual(["settled"]);
    expect(await shop.endingsOf(lost)).toEqual(["expired"]);
    await shop.check();
  },

  async "a key that its caller chose was never leased: its ending is told of as it was booked"(shop) {
    const machine = await shop.machine();
    await decide(machine.gate);
    const permit = await decide(machine.gate, "alice", "charge-card");
    const kept = await openReservation(shop, permit);
    await shop.store.ledger.settle(kept, { units: 6n }, "reported");
    await shop.outlive();
    await shop.pass(recordWithinMs);
    expect(await shop.endingsOf(permit)).toEqual(["settled"]);
    await shop.check();
  },

  async "a decision whose budgets are kept elsewhere is left alone"(shop) {
    await decide((await shop.machine()).gate);
    const permit = await decide(shop.gate({ ledger: memoryLedger({ clock: shop.clock }) }));
    await shop.outlive();
    await shop.outlive();
    expect(await shop.endingsOf(permit)).toEqual([]);
  },

  async "where receipts are kept elsewhere somebody has to look through them, once or often"(shop) {
    const { ledger, log } = shop.store;
    const own = memoryLog();
    const machine = await shop.machine({ log: own });
    machine.tells = true;
    const told = await decide(machine.gate);
    await machine.ledger.flush();
    machine.tells = false;
    const [late, lost] = [await decide(machine.gate), await decide(machine.gate, "bob")];
    await decide(machine.gate, "bob", "charge-card");
    await shop.outlive();
    const look = () => tellLostGrants({ ledger, receipts: own.read(), until: shop.clock.now() });
    const found = (await Promise.all([look(), look()])).flat();
    expect(new Set(found)).toEqual(new Set([late.id, lost.id]));
    expect(await look()).toEqual([]);
    await shop.pass(1000);
    for (const permit of [told, late, lost]) expect(await shop.endingsOf(permit)).toEqual(["expired"]);
    expect(await look()).toEqual([]);
    machine.tells = true;
    await late.settle({ amounts: { units: 4n } });
    await shop.outlive();
    const receipts: Receipt[] = [];
    for (const each of [log, own]) for await (const receipt of each.read()) receipts.push(receipt);
    // What one machine writes of another's decision comes after it.
    receipts.sort((one, other) => Date.parse(one.body.time) - Date.parse(other.body.time));
    expect(await verifyChain(receipts)).toMatchObject({ break: null, open: 0 });
    expect(await ledger.balances({})).toMatchObject(await replayBalances(receipts));
    expect(await tellLostGrants({ ledger, receipts, until: shop.clock.now() })).toEqual([]);
  },

  async "and what the ledger knows under a key that its caller chose is no lost grant"(shop) {
    const { ledger } = shop.store;
    const own = memoryLog();
    const { gate } = await shop.machine({ log: own });
    for (const end of ["settle", "release"] as const) {
      const booked = await openReservation(shop, await decide(gate, "alice", end));
      if (end === "settle") await ledger.settle(booked, {}, "reported");
      else await ledger.release(booked, "not sent");
      expect((await ledger.reservations({ id: booked.id })).map(({ status }) => status)).toEqual([`${end}d`]);
    }
    await shop.outlive();
    expect(await tellLostGrants({ ledger, receipts: own.read(), until: shop.clock.now() })).toEqual([]);
  },

  async "two gates that share leases are told apart by their chains"(shop) {
    const machine = await shop.machine();
    machine.tells = true;
    const other = shop.gate({ ledger: machine.ledger, chain: "other" });
    await (await decide(other)).settle();
    machine.tells = false;
    const permits = [await decide(machine.gate), await decide(other), await decide(machine.gate)];
    expect(new Set((await openLeases(shop)).map(({ key }) => key.split(" ")[1]))).toEqual(
      new Set([machine.gate.chain, "other"]),
    );
    await shop.outlive();
    for (const permit of permits) expect(await shop.endingsOf(permit)).toEqual(["expired"]);
    await shop.check();
  },

  async "who goes on with the chain of a process that died does not keep its grants from being found"(shop) {
    const signer = createSigner();
    const dead = await shop.machine({ chain: "main", signer });
    const permits = [await decide(dead.gate), await decide(dead.gate)];
    shop.clock.advance(1);
    const next = await shop.machine({ chain: "main", signer });
    next.tells = true;
    await (await decide(next.gate)).settle();
    // It goes on, so that its lease never runs out.
    for (let passed = 0; passed < 2 * reservationTtlMs + recordWithinMs; passed += reservationTtlMs / 4) {
      await shop.pass(reservationTtlMs / 4, next.gate);
      await (await decide(next.gate)).settle();
      expect(await openLeases(shop)).not.toEqual([]);
    }
    await shop.pass(2 * ttl, next.gate);
    for (const permit of permits) expect(await shop.endingsOf(permit)).toEqual(["expired"]);
    await next.gate.close();
    await shop.check();
  },
};
