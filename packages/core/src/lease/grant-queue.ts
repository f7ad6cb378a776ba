import type { Balance } from "../action/balance.ts";
import type { Clock } from "../clock.ts";
import { StorageFailed } from "../errors.ts";
import type { LeasingLedger, Recorded } from "../ledger/leasing.ts";
import type { Reservation } from "../ledger/ledger.ts";
import { type Deferred, deferred } from "./deferred.ts";
import { GrantTeller, type ToldGrant } from "./grant-teller.ts";
import type { Lease } from "./lease.ts";
import type { LeaseTerms } from "./lease-options.ts";
import type { EndingAnswer, GrantEnding, OpenGrant } from "./open-grant.ts";

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

/** How many grants may wait at most; the shared ledger decides while there are as many. */
const maxWaiting = 10_000;

/** How often a grant by itself may fail until it is not waited for any more. */
const maxRefusals = 3;

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
  readonly #teller: GrantTeller;
  readonly #clock: Clock;
  readonly #listener: GrantListener;
  /** By key. */
  readonly #open = new Map<string, OpenGrant>();
  #queue: OpenGrant[] = [];
  readonly #stuck = new Set<OpenGrant>();
  #isSending = false;
  #hasFailed = false;
  #isStopped = false;
  #timer: unknown = null;
  /** How many were put into the queue, and how many of them were told or could not be, ever. */
  #queued = 0;
  #told = 0;
  #flushing: { readonly until: number; readonly done: Deferred<void> }[] = [];

  constructor(ledger: LeasingLedger, { clock, inTime }: LeaseTerms, listener: GrantListener) {
    this.#clock = clock;
    this.#listener = listener;
    this.#teller = new GrantTeller(ledger, inTime, {
      told: (part, recorded, doubt) => this.#hear(part, recorded, doubt),
      refused: (one, error) => this.#refused(one, error),
      failed: (rest, error) => this.#failed(rest, error),
    });
  }

  /** Whether so many wait to be told that there are to be no more. */
  get isFull(): boolean {
    return this.#queue.length >= maxWaiting;
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
      refusals: 0,
    };
    this.#open.set(reservation.key, grant);
    this.#put(grant);
    this.#sendIn(gatherMs);
  }

  /** The open grant of a key. */
  byKey(key: string): OpenGrant | null {
    return this.#open.get(key) ?? null;
  }

  /** The open grant that is a reservation. */
  of({ key, id }: Pick<Reservation, "key" | "id">): OpenGrant | null {
    const grant = this.byKey(key);
    return grant?.reservation.id === id ? grant : null;
  }

  /**
   * Ends a grant, after whoever is ending it already; resolves when that is durable, with null when it is not open here
   * any more.
   *
   * @throws StorageFailed
   */
  async end(reservation: Reservation, ending: GrantEnding): Promise<EndingAnswer | null> {
    for (;;) {
      const grant = this.of(reservation);
      if (grant === null) return null;
      if (grant.ending === null) {
        const waiting = deferred<EndingAnswer>();
        grant.ending = ending;
        grant.waiting = waiting;
        this.#put(grant);
        queueMicrotask(() => void this.#send());
        return waiting.promise;
      }
      await grant.waiting?.promise.catch(() => undefined);
    }
  }

  /** Resolves once all that was granted and ended until now is told, as far as it can be. @throws StorageFailed */
  flush(): Promise<void> {
    if (this.#told === this.#queued) return Promise.resolve();
    const done = deferred<void>();
    this.#flushing.push({ until: this.#queued, done });
    void this.#send();
    return done.promise;
  }

  /** Forgets what has ended elsewhere. */
  forget(reservation: Reservation): void {
    if (this.of(reservation) !== null) this.#open.delete(reservation.key);
  }

  /**
   * Tells again what is stuck, and forgets what the ledger knows of, or cannot be told, and nobody here has spoken of
   * for long: whoever ends it asks the ledger.
   */
  look(expiry: number): void {
    for (const [key, grant] of this.#open) {
      const isKnown = grant.isRecorded || this.#stuck.has(grant);
      if (!isKnown || grant.ending !== null || grant.expiresAt >= expiry) continue;
      this.#open.delete(key);
      this.#stuck.delete(grant);
    }
    for (const grant of this.#stuck) this.#put(grant);
    if (this.#queue.length > 0) this.#sendIn(gatherMs);
  }

  /** Sets no timers any more: what is not told yet is told with the next ending, if there is one. */
  stop(): void {
    this.#isStopped = true;
    this.#clearTimer();
  }

  #put(grant: OpenGrant): void {
    if (grant.isQueued) return;
    grant.isQueued = true;
    this.#queue.push(grant);
    this.#queued += 1;
  }

  #sendIn(ms: number): void {
    if (this.#isSending || this.#isStopped) return;
    this.#timer ??= this.#clock.setTimer(() => {
      this.#timer = null;
      void this.#send();
    }, ms);
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#clock.clearTimer(this.#timer);
    this.#timer = null;
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    this.#clearTimer();
    this.#hasFailed = false;
    while (this.#queue.length > 0 && !this.#hasFailed) {
      const batch = this.#queue.splice(0, maxBatch);
      for (const grant of batch) grant.isQueued = false;
      await this.#teller.tell(batch);
      this.#told += batch.length;
      this.#tellFlushing();
    }
    this.#isSending = false;
    if (this.#hasFailed) this.#sendIn(retryMs);
  }

  #hear(part: readonly ToldGrant[], { endings, lost, balances }: Recorded, doubt: unknown): void {
    for (const id of lost) this.#listener.lost(id);
    for (const balance of balances) this.#listener.stands(balance);
    for (const [index, { grant, sent }] of part.entries()) {
      this.#stuck.delete(grant);
      grant.refusals = 0;
      if (!grant.isRecorded) {
        grant.isRecorded = true;
        this.#listener.recorded(grant);
      }
      if (sent.ending === null) continue;
      this.forget(grant.reservation);
      const answer = endings[index];
      if (answer == null)
        grant.waiting?.reject(new StorageFailed("the ledger answered nonsense to an ending"));
      // It may be this very ending that was done before: whoever asks again is told how it ended.
      else if (doubt !== null && isConflictWith(answer, sent.ending)) grant.waiting?.reject(doubt);
      else grant.waiting?.resolve(answer);
    }
  }

  #refused(one: ToldGrant, error: unknown): void {
    const { grant } = one;
    this.#failEnding(one, error);
    if (grant.isRecorded || this.of(grant.reservation) !== grant) return;
    grant.refusals += 1;
    if (grant.refusals < maxRefusals) {
      this.#failed([one], error);
      return;
    }
    this.#stuck.add(grant);
    // They hold its money until they expire: given back, it could be granted to somebody else.
    for (const { reservation } of grant.leases) this.#listener.lost(reservation.id);
  }

  /** Nobody knows whether it was done: telling it again does no harm. */
  #failed(rest: readonly ToldGrant[], error: unknown): void {
    this.#hasFailed = true;
    for (const one of rest) {
      this.#failEnding(one, error);
      if (!one.grant.isRecorded) this.#put(one.grant);
    }
    for (const { done } of this.#flushing.splice(0)) done.reject(error);
  }

  #failEnding({ grant, sent }: ToldGrant, error: unknown): void {
    if (sent.ending === null) return;
    grant.waiting?.reject(error);
    grant.waiting = null;
    grant.ending = null;
  }

  #tellFlushing(): void {
    while (this.#flushing[0] !== undefined && this.#flushing[0].until <= this.#told) {
      this.#flushing.shift()?.done.resolve();
    }
  }
}

function isConflictWith(answer: EndingAnswer, { outcome }: GrantEnding): boolean {
  return answer.status === "conflict" && answer.ended === outcome;
}
