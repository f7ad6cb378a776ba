import type { Clock } from "@tollgate/core";

/** Whose clock says when a reservation has expired. */
export type TimeSource = "store" | "caller";

/**
 * Translates between the caller's time and the one that counts.
 *
 * Machines disagree about the time. With `store` an expiry goes to the database as the time that is left until
 * then, and comes back as the caller's time plus what is left; the database's clock alone runs it down.
 */
export class StoreTime {
  readonly #clock: Pick<Clock, "now">;
  readonly #source: TimeSource;

  constructor(clock: Pick<Clock, "now">, source: TimeSource) {
    this.#clock = clock;
    this.#source = source;
  }

  /** What to call now: null for what the database's clock says. */
  now(): string | null {
    return this.#source === "store" ? null : String(Math.floor(this.#clock.now()));
  }

  /** What to call the time until which something has expired. */
  sweepTime(now: number): string | null {
    return this.#source === "store" ? null : String(Math.floor(now));
  }

  /** What to call now, and how many milliseconds are left then until a time of the caller's. */
  until(at: number): readonly [now: string | null, left: string] {
    const now = Math.floor(this.#clock.now());
    return [this.#source === "store" ? null : String(now), String(Math.ceil(at) - now)];
  }

  /** A time of the store's in the caller's; `now` is the store's. */
  toCaller(at: string, now: string): number {
    if (this.#source === "caller") return Number(at);
    return Math.floor(this.#clock.now()) + Number(BigInt(at) - BigInt(now));
  }
}
