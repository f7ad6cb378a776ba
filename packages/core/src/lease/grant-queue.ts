import type { Balance } from "../action/balance.ts";
import type { Clock } from "../clock.ts";
import { StorageFailed } from "../errors.ts";
import type { LeasedGrant, LeasingLedger, Recorded } from "../ledger/leasing.ts";
import type { ReleaseResult, Reservation, SettleResult } from "../ledger/ledger.ts";
import { type Deferred, deferred } from "./deferred.ts";
import type { Lease } from "./lease.ts";

/** A reservation that was granted here and has not ended, as far as this process knows. */
export interface OpenGrant {
  readonly reservation: Reservation;
  readonly leases: readonly Lease[];
  /** As it was last extended to. */
  expiresAt: number;
  /** How it is to end; null while nobody has said so. */
  ending: LeasedGrant["ending"];
  /** Whoever ended it. */
  waiting: Deferred<SettleResult | ReleaseResult> | null;
  isRecorded: boolean;
  isQueued: boolean;
}

/** Who is told what a {@link GrantQueue} hears. */
export interface GrantListener {
  /** The shared ledger knows of a grant now. */
  recorded(grant: OpenGrant): void;
  /** Nothing more may be granted out of a lease. */
  lost(leaseId: string): void;
  stands(balance: Balance): void;
}

/** How many grants are told of at once at most. */
const maxBatch = 500;

/** How long a grant may wait for others, or for its own ending, until it is told of. */
const gatherMs = 5;

/** How long to wait before what could not be told is told again. */
const retryMs = 200;

/**
 * Tells the shared ledger of what was granted and how it ended, many at a time and one batch after the other.
 *
 * Endings are told at once, and answered when they are durable; nobody waits for the telling of a grant.
 */
export class GrantQueue {
  readonly #ledger: LeasingLedger;
  readonly #clock: Clock;
  readonly #listener: GrantListener;
  /** By key. */
  readonly #open = new Map<string, OpenGrant>();
  #queue: OpenGrant[] = [];
  #isSending = false;
  #timer: unknown = null;
  /** How many were put into the queue, and how many of them were told, ever. */
  #queued = 0;
  #told = 0;
  #flushing: { readonly until: number; readonly done: Deferred<void> }[] = [];

  constructor(ledger: LeasingLedger, clock: Clock, listener: GrantListener) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#listener = listener;
  }

  add(reservation: Reservation, leases: readonly Lease[]): void {
    const grant: OpenGrant = {
      reservation,
      leases,
      expiresAt: reservation.expiresAt,
      ending: null,
      waiting: null,
      isRecorded: false,
      isQueued: false,
    };
    this.#open.set(reservation.key, grant);
    this.#put(grant);
    this.#sendIn(gatherMs);
  }

  /** The open grant of a key. */
  byKey(key: string): OpenGrant | null {
    return this.#open.get(key) ?? null;
  }

  /** Ends a grant that nobody has ended; resolves when that is durable. @throws StorageFailed */
  end(grant: OpenGrant, ending: NonNullable<LeasedGrant["ending"]>): Promise<SettleResult | ReleaseResult> {
    const waiting = deferred<SettleResult | ReleaseResult>();
    grant.ending = ending;
    grant.waiting = waiting;
    this.#put(grant);
    queueMicrotask(() => void this.#send());
    return waiting.promise;
  }

  /** Resolves once all that was granted and ended until now is told. @throws StorageFailed */
  flush(): Promise<void> {
    if (this.#told === this.#queued) return Promise.resolve();
    const done = deferred<void>();
    this.#flushing.push({ until: this.#queued, done });
    void this.#send();
    return done.promise;
  }

  /** Forgets what has ended elsewhere. */
  forget({ key, id }: Reservation): void {
    if (this.#open.get(key)?.reservation.id === id) this.#open.delete(key);
  }

  /** Forgets what the ledger knows of and nobody here has spoken of for long: whoever ends it asks the ledger. */
  forgetBefore(expiry: number): void {
    for (const [key, grant] of this.#open) {
      if (grant.isRecorded && grant.ending === null && grant.expiresAt < expiry) this.#open.delete(key);
    }
  }

  stop(): void {
    if (this.#timer !== null) this.#clock.clearTimer(this.#timer);
    this.#timer = null;
  }

  #put(grant: OpenGrant): void {
    if (grant.isQueued) return;
    grant.isQueued = true;
    this.#queue.push(grant);
    this.#queued += 1;
  }

  #sendIn(ms: number): void {
    if (this.#isSending) return;
    this.#timer ??= this.#clock.setTimer(() => {
      this.#timer = null;
      void this.#send();
    }, ms);
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    this.stop();
    let isBroken = false;
    while (this.#queue.length > 0 && !isBroken) isBroken = !(await this.#sendBatch());
    this.#isSending = false;
    if (isBroken) this.#sendIn(retryMs);
  }

  /** Answers false when it could not be told. */
  async #sendBatch(): Promise<boolean> {
    const batch = this.#queue.splice(0, maxBatch);
    const grants = batch.map(({ reservation, leases, ending }) => ({
      reservation,
      leases: leases.map((lease) => lease.reservation),
      ending,
    }));
    for (const grant of batch) grant.isQueued = false;
    try {
      const recorded = await this.#ledger.record(grants);
      if (recorded.endings.length !== batch.length) throw new StorageFailed("the ledger answered nonsense");
      this.#told += batch.length;
      this.#hear(batch, grants, recorded);
      return true;
    } catch (error) {
      this.#told += batch.length;
      this.#failed(batch, grants, error);
      return false;
    } finally {
      this.#tellFlushing();
    }
  }

  #hear(batch: readonly OpenGrant[], grants: readonly LeasedGrant[], recorded: Recorded): void {
    for (const id of recorded.lost) this.#listener.lost(id);
    for (const balance of recorded.balances) this.#listener.stands(balance);
    for (const [index, grant] of batch.entries()) {
      if (!grant.isRecorded) {
        grant.isRecorded = true;
        this.#listener.recorded(grant);
      }
      if (grants[index]?.ending === null) continue;
      this.forget(grant.reservation);
      const answer = recorded.endings[index];
      if (answer == null)
        grant.waiting?.reject(new StorageFailed("the ledger answered nonsense to an ending"));
      else grant.waiting?.resolve(answer);
    }
  }

  /** Nobody knows whether it was done: telling it again does no harm. */
  #failed(batch: readonly OpenGrant[], grants: readonly LeasedGrant[], error: unknown): void {
    for (const [index, grant] of batch.entries()) {
      if (grants[index]?.ending !== null) {
        grant.waiting?.reject(error);
        grant.waiting = null;
        grant.ending = null;
      }
      if (!grant.isRecorded) this.#put(grant);
    }
    for (const { done } of this.#flushing.splice(0)) done.reject(error);
  }

  #tellFlushing(): void {
    while (this.#flushing[0] !== undefined && this.#flushing[0].until <= this.#told) {
      this.#flushing.shift()?.done.resolve();
    }
  }
}
