import { isPromiseLike } from "../awaitable.ts";
import type { Clock } from "../clock.ts";
import type { Ledger, Reservation } from "../ledger/ledger.ts";
import { withDeadline } from "./deadline.ts";
import type { GateFailure } from "./gate-options.ts";
import type { Recorder } from "./recorder.ts";

/** What a {@link Keeper} is made of. */
export interface KeeperParts {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly reservationTtlMs: number;
  readonly storageTimeoutMs: number;
  /** Tells that a reservation expired, after its money went back. */
  readonly expired: (reservation: Reservation) => void;
  readonly report: (failure: GateFailure) => void;
}

/** Other processes' reservations are looked for at least this often. */
const sweepEveryMs = 1000;

/** Keeps reservations of living callers alive and gives back the money of dead ones. */
export class Keeper {
  readonly #parts: KeeperParts;
  readonly #held = new Map<string, Reservation>();
  #owed: (() => Promise<unknown>)[] = [];
  #timer: unknown = null;
  #nextSweep = Number.NEGATIVE_INFINITY;
  #sweeping: Promise<void> | null = null;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Whether a reservation can have expired by now. */
  isDue(now: number): boolean {
    return now >= this.#nextSweep;
  }

  /** Remembers that a reservation can expire at `at`. */
  noteExpiry(at: number): void {
    if (at < this.#nextSweep) this.#nextSweep = at;
  }

  /**
   * Ends what has expired and writes a receipt for each; who asks meanwhile waits for the same sweep.
   *
   * @throws StorageFailed, or whatever the ledger throws
   */
  sweep(now: number): Promise<void> {
    this.#sweeping ??= this.#sweep(now).finally(() => {
      this.#sweeping = null;
    });
    return this.#sweeping;
  }

  /** Keeps a reservation from expiring until the answered function is called. */
  hold(reservation: Reservation): () => void {
    this.#held.set(reservation.id, reservation);
    this.#schedule();
    // The timer stays: setting one for every call would cost more than a beat over nothing.
    return () => this.#held.delete(reservation.id);
  }

  /** Tries `end` again with every beat, as long as it takes: what was spent must be booked. */
  owe(end: () => Promise<unknown>): void {
    this.#owed.push(end);
    this.#schedule();
  }

  /** Tries all owed endings now. @throws the first failure */
  async settleOwed(): Promise<void> {
    await Promise.all(this.#owed.splice(0).map((end) => end()));
  }

  /** Gives back what was reserved for nobody; its expiry does if this fails. */
  giveBack(reservation: Reservation, reason: string): void {
    Promise.resolve()
      .then(() => this.#parts.ledger.release(reservation, reason))
      .catch((cause: unknown) => this.#parts.report({ during: "release", cause }));
  }

  /** Stops all heartbeats. */
  stop(): void {
    this.#held.clear();
    if (this.#timer !== null) this.#parts.clock.clearTimer(this.#timer);
    this.#timer = null;
  }

  async #sweep(now: number): Promise<void> {
    const { ledger, recorder, clock, storageTimeoutMs } = this.#parts;
    const deadline = { clock, ms: storageTimeoutMs, who: "the ledger" };
    const expired = ledger.expire(now)[Symbol.asyncIterator]();
    const written: Promise<unknown>[] = [];
    for (;;) {
      const next = await withDeadline(expired.next(), deadline);
      if (next.done === true) break;
      const { id } = next.value;
      this.#held.delete(id);
      this.#parts.expired(next.value);
      written.push(
        recorder.writeOrOwe({
          type: "settlement",
          decision: id,
          reservation: id,
          outcome: "expired",
          amounts: [],
        }),
      );
    }
    await Promise.all(written);
    const asked = withDeadline(ledger.nextExpiry(), deadline);
    const next = isPromiseLike(asked) ? await asked : asked;
    this.#nextSweep = Math.min(now + sweepEveryMs, next ?? Number.POSITIVE_INFINITY);
  }

  #schedule(): void {
    if (this.#timer !== null || (this.#held.size === 0 && this.#owed.length === 0)) return;
    // Three beats in a reservation's life: two may fail.
    this.#timer = this.#parts.clock.setTimer(() => {
      this.#timer = null;
      this.#beat();
      this.#schedule();
    }, this.#parts.reservationTtlMs / 3);
  }

  #beat(): void {
    const { ledger, recorder, reservationTtlMs, report } = this.#parts;
    const expiresAt = recorder.recordTime() + reservationTtlMs;
    // Each puts itself back if it fails again.
    for (const end of this.#owed.splice(0)) end().catch(() => undefined);
    for (const reservation of this.#held.values()) {
      Promise.resolve()
        .then(() => ledger.extend(reservation, expiresAt))
        .then((isOpen) => isOpen || this.#held.delete(reservation.id))
        .catch((cause: unknown) => report({ during: "extend", cause }));
    }
  }
}
