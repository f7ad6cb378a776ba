import { type Clock, type Reservation, StorageFailed } from "@tollgate/core";
import { isLease, type LeasingLedger } from "@tollgate/core/driver";
import type { LeasedLedger } from "@tollgate/core/leases";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import { expect } from "vitest";
import { claimOf, type LeaseStep, limits, processes } from "./lease-history.ts";
import { type Granted, LeaseProcess, leaseMs } from "./lease-process.ts";
import { standing } from "./ledger-under-test.ts";

/** Makes an empty ledger that goes by the clock given; it is closed after use. */
export type MakeLeasingLedger = (clock: Clock) => LeasingLedger | Promise<LeasingLedger>;

const reservationMs = 50;

/**
 * Several processes with leases on one ledger, and a book of all that they were told: at every moment what was granted
 * and what was booked is within each limit, and in the end the ledger says the same.
 */
export class LeaseSimulation {
  readonly #shared: LeasingLedger;
  readonly #clock: ManualClock;
  readonly #processes: LeaseProcess[] = [];
  /** What was acknowledged as booked, by budget. */
  readonly #booked = new Map<string, bigint>();
  readonly #expired = new Set<string>();
  #next = 0;

  constructor(shared: LeasingLedger, clock: ManualClock) {
    this.#shared = shared;
    this.#clock = clock;
    for (let nth = 0; nth < processes; nth++) this.#processes.push(new LeaseProcess(shared, clock));
  }

  /** Plays all groups, checks after each of them, and checks how it all ends. */
  static async run(make: MakeLeasingLedger, groups: readonly (readonly LeaseStep[])[]): Promise<void> {
    const clock = manualClock();
    const shared = await make(clock);
    try {
      const simulation = new LeaseSimulation(shared, clock);
      for (const group of groups) {
        await Promise.all(group.map((each) => simulation.#do(each)));
        await simulation.#settleDown();
        // Not beside the others: an ending that comes after the expiry is booked beyond the limit, as it should be.
        for (const each of group) if (each.do === "pass") await simulation.#pass(each.ms);
        await simulation.#checkLimits();
      }
      await simulation.#end();
    } finally {
      await shared.close?.();
    }
  }

  async #do(one: LeaseStep): Promise<void> {
    if (one.do === "pass") return this.#sweep();
    const process = this.#processes[one.at];
    if (process?.isAlive !== true) return;
    // Nobody hears of a dead process any more.
    await Promise.race([this.#act(process, one), process.death]);
  }

  async #act(process: LeaseProcess, one: Exclude<LeaseStep, { readonly do: "pass" }>): Promise<void> {
    switch (one.do) {
      case "fail":
        return process.failNext(one.asked, one.isDone ? "after" : "before");
      case "crash":
        // One stays, to sweep.
        return one.at > 0 ? process.die() : undefined;
      case "reserve":
        return this.#reserve(process, one.cells, one.amount);
      default: {
        const now = this.#clock.now();
        const open = process.granted.filter(
          ({ state, reservation }) => state === "open" && reservation.expiresAt > now,
        );
        const chosen = open[one.pick % Math.max(1, open.length)];
        if (chosen !== undefined) await this.#endOne(process, chosen, one.do, one.part);
      }
    }
  }

  async #reserve(process: LeaseProcess, cells: readonly number[], amount: bigint): Promise<void> {
    const name = `k${this.#next++}`;
    const claims = cells.map((cell) => claimOf(cell, amount));
    const expiresAt = this.#clock.now() + reservationMs;
    try {
      const answer = await process.ledger.reserve({
        id: name,
        key: name,
        digest: "d",
        claims,
        expiresAt,
        fresh: true,
      });
      if (answer.status !== "reserved") return;
      expect(answer.reservation).toMatchObject({ id: name, claims });
      process.granted.push({ reservation: answer.reservation, state: "open", unsure: null });
    } catch (error) {
      expect(error).toBeInstanceOf(StorageFailed);
    }
  }

  async #endOne(
    process: LeaseProcess,
    granted: Granted,
    how: "settle" | "release",
    part: bigint,
  ): Promise<void> {
    const { reservation } = granted;
    granted.state = "ending";
    const actual = granted.unsure ?? ((reservation.claims[0]?.amount ?? 0n) * part) / 4n;
    try {
      if (how === "release") {
        const { status } = await process.ledger.release(reservation, "not sent");
        if (status === "released") granted.state = "ended";
        return;
      }
      const answer = await process.ledger.settle(reservation, { units: actual }, "reported");
      const isBooked = answer.status === "settled" || (answer.ended === "settled" && granted.unsure !== null);
      if (!isBooked) return;
      granted.state = "ended";
      for (const { budget } of reservation.claims) {
        this.#booked.set(budget, (this.#booked.get(budget) ?? 0n) + actual);
      }
      granted.unsure = null;
    } catch (error) {
      expect(error).toBeInstanceOf(StorageFailed);
      if (how === "settle") granted.unsure = actual;
      // Its money may be free already; whoever gives up a call does not make it any more.
      else granted.state = "ended";
    } finally {
      // Whether it was done nobody knows; it is tried again in the end.
      if (granted.state === "ending" && granted.unsure === null) granted.state = "open";
    }
  }

  /** Everything is told that can be told. */
  async #settleDown(): Promise<void> {
    for (const { ledger, isAlive } of this.#processes) {
      if (isAlive) await ledger.flush().catch(() => ledger.flush());
    }
  }

  async #pass(ms: number): Promise<void> {
    this.#clock.advance(ms);
    await this.#sweep();
  }

  async #sweep(): Promise<void> {
    const now = this.#clock.now();
    const told: Reservation[] = [];
    try {
      for await (const one of this.#processes[0]?.ledger.expire(now) ?? []) told.push(one);
    } catch (error) {
      expect(error).toBeInstanceOf(StorageFailed);
    }
    for (const { id, key } of told) {
      expect(isLease({ key })).toBe(false);
      expect(this.#expired).not.toContain(id);
      this.#expired.add(id);
      for (const { granted } of this.#processes) {
        for (const one of granted) if (one.reservation.id === id) one.state = "expired";
      }
    }
  }

  /** Nothing that was granted and may still be spent, and nothing that was booked, is beyond a limit. */
  async #checkLimits(): Promise<void> {
    for (const [cell, limit] of limits.entries()) {
      const { budget } = claimOf(cell, 0n);
      let total = this.#booked.get(budget) ?? 0n;
      for (const { reservation, state, unsure } of this.#processes.flatMap(({ granted }) => granted)) {
        const isOpen = state === "open" || state === "ending";
        const claim = reservation.claims.find((each) => each.budget === budget);
        if (isOpen && reservation.expiresAt > this.#clock.now()) {
          total += claim === undefined ? 0n : (unsure ?? claim.amount);
        }
      }
      expect(total, `${budget} was granted beyond its limit`).toBeLessThanOrEqual(limit);
      const { spent, held } = standing(await this.#shared.balances({}), claimOf(cell, 0n));
      expect(spent + held, `${budget} is beyond its limit in the ledger`).toBeLessThanOrEqual(limit);
      expect(spent + held, `${budget} holds less than was granted`).toBeGreaterThanOrEqual(
        this.#booked.get(budget) ?? 0n,
      );
    }
  }

  async #end(): Promise<void> {
    for (const process of this.#processes) {
      if (!process.isAlive) continue;
      process.failNoMore();
      for (const granted of process.granted) {
        if (granted.state === "ending") await this.#endOne(process, granted, "settle", 0n);
      }
      await process.ledger.flush();
    }
    const [survivor] = this.#processes;
    // What the dead had is free one lease's life after the last reservation.
    await this.#pass(reservationMs + leaseMs + 1);
    await this.#pass(reservationMs + leaseMs + 1);
    for (const process of this.#processes) if (process.isAlive) await process.ledger.flush();
    await Promise.all(this.#processes.map(({ ledger, isAlive }) => isAlive && ledger.close()));
    const balances = await this.#shared.balances({});
    for (const [cell, limit] of limits.entries()) {
      const claim = claimOf(cell, 0n);
      const { spent, held } = standing(balances, claim);
      expect(held, `${claim.budget} holds something for nobody`).toBe(0n);
      const booked = this.#booked.get(claim.budget) ?? 0n;
      const unsure = this.#processes
        .flatMap(({ granted }) => granted)
        .filter(({ reservation }) => reservation.claims.some(({ budget }) => budget === claim.budget))
        .reduce((sum, one) => sum + (one.unsure ?? 0n), 0n);
      expect(spent, `${claim.budget} lost what was booked`).toBeGreaterThanOrEqual(booked);
      expect(spent, `${claim.budget} booked something twice`).toBeLessThanOrEqual(booked + unsure);
      expect(survivor).toBeDefined();
      await checkLastCent(
        new LeaseProcess(this.#shared, this.#clock).ledger,
        cell,
        limit - spent,
        this.#clock.now(),
      );
    }
  }
}

/** All that is left can be spent, to the last unit, and no more. */
async function checkLastCent(ledger: LeasedLedger, cell: number, left: bigint, now: number): Promise<void> {
  const ask = async (amount: bigint, key: string): Promise<string> => {
    const claims = [claimOf(cell, amount)];
    const expiresAt = now + reservationMs;
    return (await ledger.reserve({ id: key, key, digest: "d", claims, expiresAt, fresh: true })).status;
  };
  expect(await ask(left, `all of ${cell}`)).toBe("reserved");
  expect(await ask(1n, `one more of ${cell}`)).toBe("refused");
  await ledger.flush();
}
