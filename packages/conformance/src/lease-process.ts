import { type Clock, type Reservation, StorageFailed } from "@tollgate/core";
import type { LeasingLedger } from "@tollgate/core/driver";
import { type LeasedLedger, leased } from "@tollgate/core/leases";
import type { FailingCall } from "./lease-history.ts";

/** How long a lease lives beyond what can be granted out of it, in milliseconds. */
export const leaseMs: number = 20;

/** A reservation that a process was granted, as it knows it. */
export interface Granted {
  readonly reservation: Reservation;
  state: "open" | "ending" | "ended" | "expired";
  /** What it tried to book of each claim and was not told of. */
  unsure: bigint | null;
}

/** One process: a leased ledger whose wire can fail, and what it was told. */
export class LeaseProcess {
  readonly ledger: LeasedLedger;
  readonly granted: Granted[] = [];
  isAlive = true;
  readonly death: Promise<void>;
  #tellDeath: () => void = () => undefined;
  readonly #failures = new Map<FailingCall, "before" | "after">();

  constructor(shared: LeasingLedger, clock: Clock) {
    const wire = new Proxy(shared, {
      get: (target, name) => {
        if (name === "close") return undefined;
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          if (!this.isAlive) throw new StorageFailed("the process is dead");
          return this.#ask(name, () => Reflect.apply(member, target, args));
        };
      },
    });
    this.death = new Promise((die) => {
      this.#tellDeath = die;
    });
    this.ledger = leased(wire, { slice: "40 units", ttl: leaseMs, clock: this.#clockOf(clock) });
  }

  die(): void {
    this.isAlive = false;
    this.#tellDeath();
  }

  failNext(asked: FailingCall, failure: "before" | "after"): void {
    this.#failures.set(asked, failure);
  }

  failNoMore(): void {
    this.#failures.clear();
  }

  #ask(name: string | symbol, ask: () => unknown): unknown {
    const failure = this.#failures.get(name as FailingCall);
    if (failure === undefined) return ask();
    this.#failures.delete(name as FailingCall);
    if (failure === "before") throw new StorageFailed("not sent");
    return Promise.resolve(ask()).then(() => {
      throw new StorageFailed("the answer was lost");
    });
  }

  /** Only what waits for long waits for the time to pass: that what failed is tried again must not move it on. */
  #clockOf(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      setTimer: (callback, ms) => {
        const run = () => this.isAlive && callback();
        return ms === leaseMs || ms > 1000 ? clock.setTimer(run, ms) : setImmediate(run);
      },
      clearTimer: (handle) => {
        if (typeof handle === "symbol") clock.clearTimer(handle);
        else clearImmediate(handle as NodeJS.Immediate);
      },
    };
  }
}
