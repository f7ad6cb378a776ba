import type { Reservation } from "@tollgate/core";
import type { LeasingLedger } from "@tollgate/core/driver";
import type { LeasedLedger } from "@tollgate/core/leases";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import { expect } from "vitest";
import type { MakeLeasingLedger } from "./lease-simulation.ts";
import { ask, claimOf, cut, granted, processOn, settleDown, sums, ttl } from "./leased-process.ts";
import type { LedgerLaw } from "./ledger-under-test.ts";

/** What `leased` promises when callers, closings and a failing store cross each other. */
export function leasedFaultExamples(make: MakeLeasingLedger): readonly LedgerLaw[] {
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

/** A door that stays shut until it is opened. */
function door(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((go) => {
    open = go;
  });
  return { passed, open };
}

/** A process that was granted 155 of 1,000 and has leased 400; nothing is given back until `passed` has. */
async function withTwoLeases(
  shared: LeasingLedger,
  clock: ManualClock,
  passed: Promise<void>,
): Promise<LeasedLedger> {
  const process = processOn(shared, clock, {
    async release(reservation, reason) {
      await passed;
      return shared.release(reservation, reason);
    },
  });
  for (const part of [100n, 55n]) await granted(process, clock, `first ${part}`, part);
  await settleDown();
  expect((await sums(shared)).held).toBe(400n);
  return process;
}

/** Books all of a reservation; answers how that went. */
async function settle(ledger: LeasedLedger, reservation: Reservation, units: bigint): Promise<string> {
  try {
    return (await ledger.settle(reservation, { units }, "reported")).status;
  } catch {
    return "failed";
  }
}

/** Moves the time on by a few milliseconds often enough for all that waits for a timer to come to its end. */
async function passTime(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(100);
    await settleDown(5);
  }
}

const laws: Readonly<Record<string, (shared: LeasingLedger, clock: ManualClock) => Promise<void>>> = {
  async "of two endings at once the second is told how the first went"(shared, clock) {
    const process = processOn(shared, clock);
    const reservation = await granted(process, clock, "a", 30n);
    const [settled, released] = await Promise.all([
      process.settle(reservation, { units: 20n }, "reported"),
      process.release(reservation, "not sent"),
    ]);
    expect(settled).toMatchObject({ status: "settled" });
    expect(released).toEqual({ status: "conflict", ended: "settled" });
  },

  async "what cannot be booked does not keep others from being booked"(shared, clock) {
    const process = processOn(shared, clock);
    const most = 2n ** 63n - 1n;
    const [bad, good] = [await granted(process, clock, "bad", 5n), await granted(process, clock, "good", 7n)];
    const before = await granted(process, clock, "before", 1n);
    await process.settle(before, { units: 1n }, "reported");
    const tell = () =>
      Promise.allSettled([
        process.settle(bad, { units: most }, "reported"),
        process.settle(good, { units: 7n }, "reported"),
      ]);
    expect(await tell()).toMatchObject([{ status: "rejected" }, { status: "fulfilled" }]);
    expect((await sums(shared)).spent).toBe(8n);
  },

  async "a grant that can never be told does not keep the others from it, and is forgotten in the end"(
    shared,
    clock,
  ) {
    const process = processOn(shared, clock, {
      record: (grants) =>
        grants.some(({ reservation }) => reservation.key === "bad") ? cut() : shared.record(grants),
    });
    for (const key of ["bad", "b", "c", "d"]) await granted(process, clock, key, 5n);
    const last = await granted(process, clock, "last", 6n);
    const settled = settle(process, last, 6n);
    await passTime(clock, 100);
    const again = settle(process, last, 6n);
    await passTime(clock, 100);
    expect([await settled, await again]).toContain("settled");
    await passTime(clock, 3 * ttl);
    await process.flush();
    expect(await sums(shared)).toMatchObject({ spent: 6n });
  },

  async "closing does not wait for a grant that can never be told, and leaves its money held"(shared, clock) {
    const process = processOn(shared, clock, { record: cut });
    await granted(process, clock, "bad", 5n);
    await passTime(clock, 1000);
    await process.close();
    expect(await sums(shared)).toEqual({ spent: 0n, held: 200n });
  },

  async "a closed ledger asks for nothing more, also when what it had to tell could not be told"(
    shared,
    clock,
  ) {
    let told = 0;
    const process = processOn(shared, clock, {
      record() {
        told += 1;
        return cut();
      },
    });
    const reservation = await granted(process, clock, "a", 1n);
    await expect(process.close()).rejects.toThrow("cut");
    await settleDown();
    const before = told;
    await passTime(clock, 3000);
    expect(told).toBe(before);
    expect(await settle(process, reservation, 1n)).toBe("failed");
    await passTime(clock, 3000);
    expect(told).toBe(before + 1);
    expect(clock.timers).toBe(0);
  },

  async "a lease that was on its way when all was closed is given back"(shared, clock) {
    const { passed, open } = door();
    const process = processOn(shared, clock, {
      async reserve(request) {
        await passed;
        return shared.reserve(request);
      },
    });
    const answer = ask(process, clock, "a", [claimOf(1n, 10_000n)]);
    await settleDown();
    const closed = process.close();
    await settleDown();
    open();
    await closed;
    const reservation = await answer;
    if (typeof reservation !== "string") await shared.release(reservation, "not sent");
    await settleDown();
    expect(await sums(shared)).toEqual({ spent: 0n, held: 0n });
  },

  async "a store that never answers once is asked again: nothing waits for it for ever"(shared, clock) {
    const silent = new Set(["reserve", "record"]);
    const never = new Promise<never>(() => undefined);
    const process = processOn(shared, clock, {
      reserve: (request) => (silent.delete("reserve") ? never : shared.reserve(request)),
      record: (grants) => (silent.delete("record") ? never : shared.record(grants)),
    });
    const first = ask(process, clock, "a", [claimOf(1n)]).catch(() => "failed");
    await passTime(clock, 20_000);
    expect(await first).toBe("failed");
    const reservation = await granted(process, clock, "b", 1n);
    const settled = settle(process, reservation, 1n);
    await passTime(clock, 20_000);
    expect(await settled).toBe("failed");
    expect(await process.settle(reservation, {}, "reported")).toMatchObject({ status: "settled" });
  },

  async "what was told but was answered nonsense is told again, and nobody waits for ever"(shared, clock) {
    let isSane = false;
    const process = processOn(shared, clock, {
      async record(grants) {
        const recorded = await shared.record(grants);
        return isSane ? recorded : ({ endings: recorded.endings } as typeof recorded);
      },
    });
    await granted(process, clock, "a", 1n);
    await expect(process.flush()).rejects.toThrow();
    isSane = true;
    await process.flush();
    await process.flush();
    await process.close();
    expect(await sums(shared)).toEqual({ spent: 0n, held: 1n });
  },

  async "a process's own lease is not in its way, however old what it knows of the balance is"(
    shared,
    clock,
  ) {
    const [one, other] = [processOn(shared, clock), processOn(shared, clock)];
    await granted(one, clock, "small", 1n, 10_000n);
    await one.flush();
    await granted(other, clock, "most", 9500n, 10_000n);
    expect(await ask(one, clock, "the rest", [claimOf(499n, 10_000n)])).toMatchObject({ key: "the rest" });
    expect(await ask(one, clock, "one more", [claimOf(1n, 10_000n)])).toBe("refused");
  },

  async "leases on their way back are not in the way of who asks meanwhile"(shared, clock) {
    const { passed, open } = door();
    const process = await withTwoLeases(shared, clock, passed);
    const tooMuch = ask(process, clock, "too much", [claimOf(900n)]);
    await settleDown();
    const fitting = ask(process, clock, "fitting", [claimOf(700n)]);
    await settleDown();
    open();
    expect(await tooMuch).toBe("refused");
    expect(await fitting).toMatchObject({ key: "fitting" });
  },

  async "no lease is taken in the way of who waits for leases to be back"(shared, clock) {
    const { passed, open } = door();
    const process = await withTwoLeases(shared, clock, passed);
    const nearlyAll = ask(process, clock, "nearly all", [claimOf(844n)]);
    await settleDown();
    const small = ask(process, clock, "small", [claimOf(1n)]);
    await settleDown();
    open();
    expect(await Promise.all([nearlyAll, small])).toMatchObject([{ key: "nearly all" }, { key: "small" }]);
    expect(await sums(shared)).toEqual({ spent: 0n, held: 1000n });
  },

  async "a process's own lease is not in the way of a key that is not fresh"(shared, clock) {
    const process = processOn(shared, clock);
    await granted(process, clock, "small", 1n);
    expect(await ask(process, clock, "keyed", [claimOf(999n)], false)).toMatchObject({ key: "keyed" });
    expect(await ask(process, clock, "one more", [claimOf(1n)], false)).toBe("refused");
  },

  async "what is granted while a process's own lease is asked for is as it was asked"(shared, clock) {
    const process = processOn(shared, clock);
    await granted(process, clock, "small", 1n);
    const wanted = [claimOf(500n)];
    expect(await ask(process, clock, "large", wanted)).toMatchObject({ claims: wanted });
    // Nothing had to be given back for it.
    expect((await sums(shared)).held).toBe(700n);
  },

  async "a lease is not taken beyond a limit for who is only tracked"(shared, clock) {
    const process = processOn(shared, clock);
    await granted(process, clock, "all", 1000n);
    expect(await ask(process, clock, "more", [claimOf(3n)])).toBe("refused");
    expect(await ask(process, clock, "tracked", [claimOf(3n, null)])).toMatchObject({ key: "tracked" });
    expect(await sums(shared)).toEqual({ spent: 0n, held: 1003n });
  },

  async "while grants cannot be told the shared ledger decides, once many of them wait"(shared, clock) {
    let asked = 0;
    const process = processOn(shared, clock, {
      record: cut,
      reserve(request) {
        asked += 1;
        return shared.reserve(request);
      },
    });
    for (let nth = 0; nth < 10_000; nth++) await granted(process, clock, `k${nth}`, 0n);
    const before = asked;
    const reservation: Reservation = await granted(process, clock, "one more", 0n);
    expect(asked).toBe(before + 1);
    expect(await shared.release(reservation, "not sent")).toEqual({ status: "released" });
  },
};
