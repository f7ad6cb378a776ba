import type { Amounts } from "../action/amounts.ts";
import type { Balance, BalanceQuery } from "../action/balance.ts";
import { type Clock, systemClock } from "../clock.ts";
import { AgeList } from "./age-list.ts";
import { BalanceBook, type BalanceCell } from "./balance-book.ts";
import { checkExpiry, checkRequest, findExceeded, readActuals } from "./check-amounts.ts";
import { DueQueue } from "./due-queue.ts";
import { Fingerprints } from "./fingerprints.ts";
import type {
  Charge,
  Claim,
  Ending,
  Exceeded,
  Ledger,
  ReleaseResult,
  Reservation,
  ReserveRequest,
  ReserveResult,
  SettleResult,
} from "./ledger.ts";
import { type MemoryRetention, readRetention } from "./memory-retention.ts";
import {
  answerAgain,
  answerGranted,
  type GrantedEntry,
  grantedEntry,
  type Hold,
  type ReservationEntry,
  refusedEntry,
} from "./reservation-entry.ts";

/** Options of {@link memoryLedger}. */
export interface MemoryLedgerOptions {
  /** Tells ages, for forgetting alone; use the gate's own. @default the system's clock */
  readonly clock?: Pick<Clock, "now">;
  /** How much to remember. */
  readonly retention?: MemoryRetention;
}

/** What a memory ledger holds at the moment. */
export interface MemoryLedgerSizes {
  readonly open: number;
  /** Ended and refused reservations that are kept in full. */
  readonly ended: number;
  /** Expired reservations that may still settle. */
  readonly expired: number;
  readonly balances: number;
  /** Keys and runs that are remembered by their fingerprint alone. */
  readonly fingerprints: number;
}

/** A {@link Ledger} in this process's memory: it answers at once, and is gone with the process. */
export interface MemoryLedger extends Ledger {
  reserve(request: ReserveRequest): ReserveResult;
  settle(reservation: Reservation, amounts: Amounts): SettleResult;
  release(reservation: Reservation): ReleaseResult;
  extend(reservation: Reservation, expiresAt: number): boolean;
  nextExpiry(): number | null;
  balances(query: BalanceQuery): readonly Balance[];
  /** For metrics, and to see that memory stays flat. */
  sizes(): MemoryLedgerSizes;
}

/**
 * Makes a ledger that keeps {@link Ledger}'s rules in this process's memory, which stays flat under load:
 * see {@link MemoryRetention} for what is forgotten when.
 *
 * A late settlement's overage is what does not fit under its claim's limit any more. `total` balances are
 * never forgotten. `expire` ends each reservation when its iterator gets there, and none before.
 *
 * @throws InvalidConfig when the retention makes no sense.
 */
export function memoryLedger(options: MemoryLedgerOptions = {}): MemoryLedger {
  return new LedgerInMemory(options.clock ?? systemClock, readRetention(options.retention));
}

/** How many ended reservations one operation forgets at most; more than it can add. */
const pruneSteps = 4;

class LedgerInMemory implements MemoryLedger {
  readonly #clock: Pick<Clock, "now">;
  readonly #retention: Required<MemoryRetention>;
  readonly #entries = new Map<string, ReservationEntry>();
  readonly #open = new DueQueue<GrantedEntry>();
  /** Settled, released and refused ones. */
  readonly #ended = new AgeList<ReservationEntry>();
  readonly #expired = new AgeList<ReservationEntry>();
  readonly #forgottenKeys: Fingerprints;
  readonly #book: BalanceBook;

  constructor(clock: Pick<Clock, "now">, retention: Required<MemoryRetention>) {
    this.#clock = clock;
    this.#retention = retention;
    this.#forgottenKeys = new Fingerprints(retention.fingerprints);
    this.#book = new BalanceBook(retention);
  }

  reserve(request: ReserveRequest): ReserveResult {
    checkRequest(request);
    const { id, key, digest, claims, expiresAt } = request;
    const known = this.#entries.get(key);
    if (known !== undefined) return answerAgain(known, digest);
    if (this.#forgottenKeys.has(key)) return { status: "conflict", reason: "forgotten" };

    const cells = claims.map((claim) => this.#book.find(claim));
    const exceeded = findExceeded(claims, cells);
    if (exceeded.length > 0) return this.#refuse(request, cells, exceeded);

    const holds = claims.map((claim, index) => this.#hold(claim, cells[index] ?? null));
    const entry = grantedEntry({ id, key, digest, claims, expiresAt }, holds);
    this.#entries.set(key, entry);
    this.#open.add(entry);
    this.#prune(this.#clock.now());
    return answerGranted(entry, false);
  }

  settle(reservation: Reservation, amounts: Amounts): SettleResult {
    const entry = this.#find(reservation);
    if (entry === null) return { status: "conflict", ended: "unknown" };
    if (entry.state === "settled") return { status: "conflict", ended: "settled", late: entry.late };
    if (entry.state === "released") return { status: "conflict", ended: "released" };
    const late = entry.state === "expired";
    const actuals = readActuals(entry.holds, amounts);
    const charges = entry.holds.map((hold, index) => charge(hold, actuals[index] ?? hold.amount, late));
    this.#end(entry, "settled");
    entry.late = late;
    return { status: "settled", charges, late };
  }

  release(reservation: Reservation): ReleaseResult {
    const entry = this.#find(reservation);
    if (entry === null) return { status: "conflict", ended: "unknown" };
    if (entry.state !== "open") return { status: "conflict", ended: entry.state };
    this.#end(entry, "released");
    return { status: "released" };
  }

  extend(reservation: Reservation, expiresAt: number): boolean {
    checkExpiry(expiresAt);
    const entry = this.#find(reservation);
    if (entry?.state !== "open") return false;
    entry.reservation = { ...entry.reservation, expiresAt };
    this.#open.move(entry, expiresAt);
    return true;
  }

  // Ends them one by one, so that a caller who stops half way has been told of all that ended.
  async *expire(now: number): AsyncGenerator<Reservation> {
    for (let next = this.#open.first; next !== undefined && next.dueAt <= now; next = this.#open.first) {
      this.#end(next, "expired");
      yield next.reservation;
    }
  }

  nextExpiry(): number | null {
    return this.#open.first?.dueAt ?? null;
  }

  balances(query: BalanceQuery): readonly Balance[] {
    return this.#book.list(query);
  }

  sizes(): MemoryLedgerSizes {
    return {
      open: this.#open.size,
      ended: this.#ended.size,
      expired: this.#expired.size,
      balances: this.#book.size,
      fingerprints: this.#forgottenKeys.size + this.#book.forgottenRuns,
    };
  }

  /** The entry of a reservation that was granted here and is not forgotten. */
  #find({ id, key }: Reservation): GrantedEntry | null {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.state !== "refused" && entry.reservation.id === id ? entry : null;
  }

  #refuse(
    { key, digest, claims }: ReserveRequest,
    cells: readonly (BalanceCell | null)[],
    exceeded: readonly Exceeded[],
  ): ReserveResult {
    const refusal = { status: "refused", exceeded } as const;
    for (const [index, cell] of cells.entries()) {
      // The limit was seen all the same, and is what the balance should show from now on.
      if (cell !== null) cell.limit = claims[index]?.limit ?? cell.limit;
    }
    if (exceeded.every(({ claim }) => !claim.soft)) {
      const entry = refusedEntry(key, digest, refusal);
      const now = this.#clock.now();
      this.#entries.set(key, entry);
      this.#ended.add(entry, now);
      this.#prune(now);
    }
    return refusal;
  }

  #hold(claim: Claim, known: BalanceCell | null): Hold {
    // A claim before this one may have made the balance just now.
    const cell = known ?? this.#book.find(claim) ?? this.#book.open(claim);
    // A claim that is only tracked says nothing of the budget's limit.
    cell.limit = claim.limit ?? cell.limit;
    cell.held += claim.amount;
    this.#book.pin(cell);
    return { claim, cell, amount: claim.amount };
  }

  /** Ends an open reservation, or settles an expired one. */
  #end(entry: GrantedEntry, state: Ending): void {
    const now = this.#clock.now();
    if (entry.state === "open") {
      this.#open.remove(entry);
      for (const { cell, amount } of entry.holds) cell.held -= amount;
    } else {
      this.#expired.remove(entry);
    }
    entry.state = state;
    if (state === "expired") {
      // Stays pinned: it may still be settled.
      this.#expired.add(entry, now);
    } else {
      this.#unpin(entry, now);
      this.#ended.add(entry, now);
    }
    this.#prune(now);
  }

  #unpin(entry: GrantedEntry, now: number): void {
    for (const { cell } of entry.holds) this.#book.unpin(cell, now);
    entry.holds = none;
  }

  #prune(now: number): void {
    const { endedMs, endedCount, expiredMs, expiredCount } = this.#retention;
    for (let step = 0; step < pruneSteps; step++) {
      const entry = this.#ended.overdue(now, endedMs, endedCount);
      if (entry === null) break;
      this.#ended.remove(entry);
      this.#forget(entry.state === "refused" ? entry.key : entry.reservation.key);
    }
    for (let step = 0; step < pruneSteps; step++) {
      const entry = this.#expired.overdue(now, expiredMs, expiredCount);
      if (entry === null || entry.state === "refused") break;
      this.#expired.remove(entry);
      this.#unpin(entry, now);
      this.#forget(entry.reservation.key);
    }
    this.#book.prune(now);
  }

  #forget(key: string): void {
    this.#entries.delete(key);
    this.#forgottenKeys.add(key);
  }
}

const none: readonly Hold[] = Object.freeze([]);

/** Books what one claim really came to. */
function charge({ claim, cell, amount }: Hold, actual: bigint, late: boolean): Charge {
  let covered = amount;
  if (late) {
    // Nothing is held for it any more: what is left under the limit covers it, if anything is.
    covered = claim.limit === null ? actual : claim.limit - cell.spent - cell.held;
    if (covered < 0n) covered = 0n;
  }
  cell.spent += actual;
  return { claim, actual, overage: actual > covered ? actual - covered : 0n };
}
