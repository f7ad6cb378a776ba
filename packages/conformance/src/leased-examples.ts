import type { Reservation } from "@tollgate/core";
import type { LeasingLedger } from "@tollgate/core/driver";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import { expect } from "vitest";
import type { MakeLeasingLedger } from "./lease-simulation.ts";
import {
  ask,
  claimOf,
  cut,
  granted,
  processOn,
  reservationMs,
  settleDown,
  sums,
  ttl,
} from "./leased-process.ts";
import type { LedgerLaw } from "./ledger-under-test.ts";

/** What `leased` promises, over a ledger that can be leased from. */
export function leasedExamples(make: MakeLeasingLedger): readonly LedgerLaw[] {
  return Object.entries(laws).map(([rule, holds]) => ({
    rule,
    async check() {
      const clock = manualClock();
      const shared = await make(clock);
      try {
        await holds(shared, clock);
      } finally {
        await shared.close?.();
      }
    },
  }));
}

const laws: Readonly<Record<string, (shared: LeasingLedger, clock: ManualClock) => Promise<void>>> = {
  async "a decision within a lease asks nobody, and is answered at once"(shared, clock) {
    let asked = 0;
    const process = processOn(shared, clock, {
      reserve: (request) => {
        asked += 1;
        return shared.reserve(request);
      },
    });
    await granted(process, clock, "first", 1n);
    for (let nth = 0; nth < 100; nth++) {
      const expiresAt = clock.now() + reservationMs;
      const key = `k${nth}`;
      const request = { id: key, key, digest: "d", claims: [claimOf(1n)], expiresAt, fresh: true };
      expect(process.reserve(request)).toMatchObject({ status: "reserved", replayed: false });
    }
    expect(asked).toBe(1);
    await process.close();
    expect(await sums(shared)).toEqual({ spent: 0n, held: 101n });
  },

  async "what was granted is held by the shared ledger also while it cannot be told"(shared, clock) {
    const process = processOn(shared, clock, { record: cut });
    for (let nth = 1; nth <= 40; nth++) {
      await granted(process, clock, `k${nth}`, 15n, 4000n);
      expect((await sums(shared)).held).toBeGreaterThanOrEqual(15n * BigInt(nth));
    }
  },

  async "a lease outlives what was granted out of it, also when nothing can be told any more"(shared, clock) {
    const process = processOn(shared, clock, { record: cut, extend: cut });
    const sweeper = processOn(shared, clock);
    const open: Reservation[] = [];
    for (let nth = 0; nth < 60; nth++) {
      const answer = await ask(process, clock, `k${nth}`, [claimOf(2n, 4000n)]).catch(() => "failed");
      if (typeof answer !== "string") open.push(answer);
      clock.advance(37);
      for await (const _ of sweeper.expire(clock.now()));
      const living = open.filter(({ expiresAt }) => expiresAt > clock.now());
      const sum = living.reduce((total, { claims }) => total + (claims[0]?.amount ?? 0n), 0n);
      expect((await sums(shared)).held).toBeGreaterThanOrEqual(sum);
    }
    expect(open.length).toBeGreaterThan(10);
  },

  async "near the limit leases shrink, and what one process has leased does not stand in its own way"(
    shared,
    clock,
  ) {
    const process = processOn(shared, clock);
    await granted(process, clock, "small", 1n);
    expect((await sums(shared)).held).toBe(200n);
    await granted(process, clock, "nearly all", 999n);
    expect(await sums(shared)).toEqual({ spent: 0n, held: 1000n });
    expect(await ask(process, clock, "one more", [claimOf(1n)])).toBe("refused");
  },

  async "a lease is a quarter of what is left at most"(shared, clock) {
    const process = processOn(shared, clock);
    await granted(process, clock, "most", 900n);
    await granted(process, clock, "small", 1n);
    expect((await sums(shared)).held).toBe(925n);
  },

  async "a lease that nobody uses is given back, and others can spend it"(shared, clock) {
    const [one, other] = [processOn(shared, clock), processOn(shared, clock)];
    await granted(one, clock, "small", 1n);
    await settleDown();
    expect(await ask(other, clock, "too much", [claimOf(999n)])).toBe("refused");
    clock.advance(ttl);
    clock.advance(ttl);
    await settleDown();
    await granted(other, clock, "all the rest", 999n);
  },

  async "out of a lease that the shared ledger has ended nothing more is granted once that is heard"(
    shared,
    clock,
  ) {
    const leases: Reservation[] = [];
    const process = processOn(shared, clock, {
      reserve(request) {
        leases.push(request);
        return shared.reserve(request);
      },
    });
    await granted(process, clock, "a", 1n);
    for (const lease of leases) await shared.release(lease, "fenced");
    await process.flush();
    expect(await sums(shared)).toEqual({ spent: 0n, held: 1n });
    await granted(process, clock, "b", 1n);
    expect(leases).toHaveLength(2);
  },

  async "a lease that can live no longer is not granted out of any more"(shared, clock) {
    let taken = 0;
    const process = processOn(shared, clock, {
      extend: () => false,
      reserve(request) {
        taken += 1;
        return shared.reserve(request);
      },
    });
    await granted(process, clock, "a", 1n);
    clock.advance(ttl / 2 + 1);
    await granted(process, clock, "asks for more time", 1n);
    await settleDown();
    await granted(process, clock, "c", 1n);
    expect(taken).toBe(2);
  },

  async "a lease whose answer was lost is given back"(shared, clock) {
    const process = processOn(shared, clock, {
      async reserve(request) {
        await shared.reserve(request);
        throw new Error("the answer was lost");
      },
    });
    await expect(granted(process, clock, "a", 1n)).rejects.toThrow("the answer was lost");
    await settleDown();
    expect(await sums(shared)).toEqual({ spent: 0n, held: 0n });
  },

  async "closing gives everything back that was not granted"(shared, clock) {
    const process = processOn(shared, clock);
    const kept = await granted(process, clock, "kept", 7n);
    const booked = await granted(process, clock, "booked", 30n);
    await process.settle(booked, { units: 20n }, "reported");
    await process.close();
    expect(await sums(shared)).toEqual({ spent: 20n, held: 7n });
    expect(await shared.settle(kept, { units: 5n }, "reported")).toMatchObject({ status: "settled" });
  },

  async "a settlement is in the shared ledger when it is answered"(shared, clock) {
    const process = processOn(shared, clock);
    const reservation = await granted(process, clock, "a", 30n);
    expect(await process.settle(reservation, { units: 42n }, "reported")).toMatchObject({
      status: "settled",
      charges: [{ actual: 42n, overage: 12n }],
    });
    expect((await sums(shared)).spent).toBe(42n);
    expect(await process.settle(reservation, { units: 42n }, "reported")).toEqual({
      status: "conflict",
      ended: "settled",
      late: false,
    });
    expect(await process.release(reservation, "too late")).toMatchObject({
      status: "conflict",
      ended: "settled",
    });
  },

  async "a key that is not fresh is asked for in the shared ledger"(shared, clock) {
    const [one, other] = [processOn(shared, clock), processOn(shared, clock)];
    await granted(one, clock, "warm", 1n);
    const used = await granted(one, clock, "used", 1n);
    await granted(other, clock, "warm too", 1n);
    await one.settle(used, {}, "reported");
    expect(await ask(other, clock, "used", [claimOf(1n)], false)).toBe("conflict");
  },

  async "amounts that are none are refused before anything is booked"(shared, clock) {
    const process = processOn(shared, clock);
    const reservation = await granted(process, clock, "a", 30n);
    await expect(process.settle(reservation, { units: -1n }, "reported")).rejects.toThrow(
      /cannot book -1 units/,
    );
    expect(await process.settle(reservation, {}, "reported")).toMatchObject({ charges: [{ actual: 30n }] });
  },

  async "claims in a unit without a slice, and two on one balance, are left to the shared ledger"(
    shared,
    clock,
  ) {
    const process = processOn(shared, clock);
    const calls = { ...claimOf(1n, 2n), unit: "calls" };
    expect(await ask(process, clock, "a", [claimOf(1n), calls])).toMatchObject({ key: "a" });
    expect(await ask(process, clock, "b", [claimOf(1n), calls])).toMatchObject({ key: "b" });
    expect(await ask(process, clock, "c", [claimOf(1n), calls])).toBe("refused");
    expect(await ask(process, clock, "d", [claimOf(3n, 5n), claimOf(3n, 5n)])).toBe("refused");
    expect(await sums(shared)).toEqual({ spent: 0n, held: 2n });
  },

  async "a changed limit takes effect at once"(shared, clock) {
    const process = processOn(shared, clock);
    await granted(process, clock, "a", 50n);
    expect(await ask(process, clock, "b", [claimOf(1n, 50n)])).toBe("refused");
    expect(await ask(process, clock, "c", [claimOf(1n, 51n)])).toMatchObject({ key: "c" });
  },
};
