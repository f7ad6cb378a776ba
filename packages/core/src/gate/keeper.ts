import type { Awaitable } from "../awaitable.ts";
import type { Clock } from "../clock.ts";
import type { Expired, Ledger, Reservation } from "../ledger/ledger.ts";
import type { InTime } from "./deadline.ts";
import type { GateFailure } from "./gate-options.ts";
import type { Recorder } from "./recorder.ts";

/** What a {@link Keeper} is made of. */
export interface KeeperParts {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly reservationTtlMs: number;
  readonly inTime: InTime;
  /** Tells that a reservation expired, after its money went back. */
  readonly expired: (reservation: Reservation) => void;
  readonly report: (failure: GateFailure) => void;
}

/** A reservation kept alive, and who wants to know that it was. */
interface HeldReservation {
  readonly reservation: Reservation;
  readonly extended: (expiresAt: number) => void;
}

/** Other processes' reservations are looked for at least this often. */
const sweepEveryMs = 1000;

/** Keeps reservations of living callers alive and gives back the money of dead ones. */
export class Keeper {
  readonly #parts: KeeperParts;
  readonly #held = new Map<string, HeldReservation>();
  #owed: (() => Promise<unknown>)[] = [];
  #timer: unknown = null;
  #stopped = false;
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

  /** Keeps a reservation from expiring until the answered function is called; tells each new expiry. */
  hold(reservation: Reservation, extended: (expiresAt: number) => void): () => void {
    this.#held.set(reservation.id, { reservation, extended });
    this.#schedule();
    // The timer stays: setting one for every call would cost more than a beat over nothing.
    return () => this.#held.delete(reservation.id);
  }

  /** Tries `end` again with every beat, as long as it takes: what was spent must be booked. */
  owe(end: () => Promise<unknown>): void {
    this.#owed.push(end);
    this.#schedule();
  }

  /** Tries all owed endings now; each that fails is owed again. */
  async settleOwed(): Promise<void> {
    await Promise.allSettled(this.#owed.splice(0).map((end) => end()));
  }

  /**
   * Gives back what was reserved for nobody, and answers whether it was; its expiry does if this fails.
   *
   * For a reservation that may not exist: the ledger does nothing for one that it does not know.
   */
  async giveBack(reservation: Reservation, reason: string): Promise<boolean> {
    try {
      const result = await this.#parts.ledger.release(reservation, reason);
      return result.status === "released" || (result.ended === "released" && !result.otherwise);
    } catch (cause) {
      this.#parts.report({ during: "release", cause });
      return false;
    }
  }

  /** Stops all heartbeats, for good. */
  stop(): void {
    this.#stopped = true;
    this.#held.clear();
    if (this.#timer !== null) this.#parts.clock.clearTimer(this.#timer);
    this.#timer = null;
  }

  async #sweep(now: number): Promise<void> {
    const { ledger, inTime } = this.#parts;
    const written: Promise<unknown>[] = [];
    const expired = ledger.expire(now)[Symbol.asyncIterator]();
    const take = (): Awaitable<IteratorResult<Expired>> =>
      // What has ended in the ledger needs its receipt, also when the answer comes too late for this sweep.
      inTime("the ledger", expired.next(), (next) => this.#expireRest(next, expired));
    for (let next = await take(); !next.done; next = await take()) written.push(this.#expired(next.value));
    await Promise.all(written);
    const next = await inTime("the ledger", ledger.nextExpiry());
    this.#nextSweep = Math.min(now + sweepEveryMs, next ?? Number.POSITIVE_INFINITY);
  }

  async #expireRest(first: IteratorResult<Expired>, rest: AsyncIterator<Expired>): Promise<void> {
    try {
      for (let next = first; !next.done; next = await rest.next()) await this.#expired(next.value);
    } catch (cause) {
      this.#parts.report({ during: "expire", cause });
    }
  }

  async #expired(reservation: Expired): Promise<void> {
    const { id, unrecorded } = reservation;
    const { recorder, expired } = this.#parts;
    this.#held.delete(id);
    expired(reservation);
    // What is unrecorded may be what this gate itself owes.
    if (unrecorded && !recorder.isReady) return;
    await recorder.writeOrOwe({
      type: "settlement",
      decision: id,
      reservation: id,
      outcome: "expired",
      amounts: [],
      ...unrecorded,
    });
  }

  #schedule(): void {
    if (this.#stopped || this.#timer !== null) return;
    if (this.#held.size === 0 && this.#owed.length === 0) return;
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
    for (const { reservation, extended } of this.#held.values()) {
      Promise.resolve()
        .then(() => ledger.extend(reservation, expiresAt))
        .then((isOpen) => (isOpen ? extended(expiresAt) : this.#held.delete(reservation.id)))
        .catch((cause: unknown) => report({ during: "extend", cause }));
    }
  }
}
