import type {
  Amounts,
  Balance,
  Claim,
  Exceeded,
  ReleaseResult,
  Reservation,
  ReserveRequest,
  ReserveResult,
  SettleResult,
  UsageSource,
} from "@tollgate/core";
import { StorageFailed } from "@tollgate/core";
import { findExceeded, type LeasedGrant, maxAmount, type Recorded } from "@tollgate/core/driver";
import { type BalanceCell, type BalanceCells, balanceOf } from "./balance-cells.ts";
import { charge, chargeLate, type Hold, readActuals } from "./charges.ts";
import { claimsText, readClaims } from "./claims-text.ts";
import { expiredText, readExpired } from "./expired-text.ts";
import type { EndedRow, OpenRow, ReservationRows } from "./reservation-rows.ts";
import { settledText } from "./settled-text.ts";
import type { WatchRows } from "./watch-rows.ts";

/** The times that a {@link LedgerBook} goes by, in milliseconds. */
export interface BookTimes {
  /** How long after its end nobody may claim a window that has no balance any more. */
  readonly windowMs: number;
  /** How long after an ending its receipt is missed. */
  readonly recordWithinMs: number;
}

/** What a ledger does, each within a transaction; `now` is when, in epoch milliseconds. */
export class LedgerBook {
  readonly #cells: BalanceCells;
  readonly #rows: ReservationRows;
  readonly #watch: WatchRows;
  readonly #times: BookTimes;

  constructor(cells: BalanceCells, rows: ReservationRows, watch: WatchRows, times: BookTimes) {
    this.#cells = cells;
    this.#rows = rows;
    this.#watch = watch;
    this.#times = times;
  }

  reserve(request: ReserveRequest, now: number): ReserveResult {
    const { id, key, digest, claims, expiresAt } = request;
    const ended = this.#rows.ended(key);
    if (ended !== null) return answerEnded(ended, digest);
    const found = claims.map((claim) => this.#cells.find(claim));
    const exceeded = this.#judge(request, found, now);
    if (exceeded === null) return this.#answerOpen(request);
    if (exceeded.length > 0) {
      const open = this.#rows.open(key);
      return open === null ? this.#refuse(request, exceeded, now) : this.#replay(open, digest);
    }
    const reservation = { id, key, digest, claims, expiresAt };
    if (!this.#rows.add(reservation, now)) return this.#answerOpen(request);
    const cells = claims.map((claim, index) => this.#hold(claim, found[index] ?? null, now));
    return { status: "reserved", reservation, replayed: false, balances: cells.map(balanceOf) };
  }

  settle({ key, id }: Reservation, amounts: Amounts, source: UsageSource, now: number): SettleResult {
    const open = this.#rows.take(key, id);
    if (open === null) return this.#settleEnded(key, id, amounts, source, now);
    const holds = this.#holds(open.reservation.claims, now);
    let actuals: readonly bigint[];
    try {
      actuals = readActuals(holds, amounts);
    } catch (error) {
      this.#rows.add(open.reservation, open.createdAt);
      throw error;
    }
    const charges = holds.map((hold, index) => charge(hold, actuals[index] ?? 0n));
    this.#rows.end(key, { id, state: "settled", at: now, data: settledText(source, amounts, charges) });
    return { status: "settled", charges, late: false };
  }

  release({ key, id }: Reservation, reason: string, now: number): ReleaseResult {
    const open = this.#rows.take(key, id);
    if (open !== null) {
      this.#free(open.reservation, now);
      this.#rows.end(key, { id, state: "released", at: now, data: String(reason) });
      return { status: "released" };
    }
    const ended = this.#endedOf(key, id);
    if (ended === null) return { status: "conflict", ended: "unknown" };
    const how = endingOf(ended);
    const isOther = how === "released" && ended.data !== String(reason);
    return { status: "conflict", ended: how, ...(isOther ? { otherwise: true } : {}) };
  }

  /** Takes over what was granted out of leases. Whatever it throws, nothing of the group may be kept. */
  record(grants: readonly LeasedGrant[], now: number): Recorded {
    const lost = new Set<string>();
    const cells = new Set<BalanceCell>();
    const endings = grants.map((grant) => {
      const { reservation, ending } = grant;
      const { key, id, claims } = reservation;
      const open = this.#rows.open(key);
      const ended = open === null ? this.#rows.ended(key) : null;
      if (open === null && ended === null) this.#takeOver(grant, now, lost);
      else if ((open?.reservation.id ?? ended?.id) !== id)
        return { status: "conflict", ended: "unknown" } as const;
      for (const claim of claims) cells.add(this.#cells.open(claim, now));
      if (ending === null) return null;
      if (ending.outcome === "released") return this.release(reservation, ending.reason, now);
      return this.settle(reservation, ending.amounts, ending.source, now);
    });
    return { endings, lost: [...lost], balances: [...cells].map(balanceOf) };
  }

  extend({ key, id }: Reservation, expiresAt: number): boolean {
    const open = this.#rows.open(key);
    if (open === null || open.reservation.id !== id) return false;
    this.#rows.extend(open, expiresAt);
    return true;
  }

  /** Ends up to `count` of what has expired by `due`, and answers it. */
  expire(due: number, count: number, now: number): readonly Reservation[] {
    return this.#rows.dueBy(due, count).flatMap((key) => {
      const id = this.#rows.open(key)?.reservation.id;
      const open = id === undefined ? null : this.#rows.take(key, id);
      if (id === undefined || open === null) return [];
      const { reservation } = open;
      this.#free(reservation, now);
      this.#rows.end(key, { id, state: "expired", at: now, data: expiredText(open) });
      this.#watch.add(id, key, now + this.#times.recordWithinMs);
      return [reservation];
    });
  }

  /** Opens what was granted out of leases: what it holds, they hold no more. */
  #takeOver({ reservation, leases }: LeasedGrant, now: number, lost: Set<string>): void {
    for (const [index, claim] of reservation.claims.entries()) {
      const lease = leases[index];
      const row = lease === undefined ? null : this.#rows.open(lease.key);
      const leased = row?.reservation.id === lease?.id ? leasedFor(claim, row?.reservation.claims) : null;
      if (row !== null && leased !== null) {
        this.#rows.changeClaims(row.reservation, [{ ...leased, amount: leased.amount - claim.amount }]);
      } else {
        // Its money was given back, but the call may be on its way.
        if (lease !== undefined) lost.add(lease.id);
        const cell = this.#cells.open(claim, now);
        if (cell.spent + cell.held + claim.amount > maxAmount) {
          throw new Error(`budget "${claim.budget}" would come to more than 2^63 - 1 ${claim.unit}`);
        }
        cell.held += claim.amount;
      }
    }
    this.#rows.add(reservation, now);
  }

  /** The exceeded limits; null when a claim cannot be judged, but need not be either. @throws StorageFailed */
  #judge(
    { key, claims }: ReserveRequest,
    found: readonly (BalanceCell | null)[],
    now: number,
  ): readonly Exceeded[] | null {
    try {
      for (let index = 0; index < claims.length; index++) {
        const claim = claims[index];
        if (claim !== undefined && found[index] === null) this.#checkWindow(claim, now);
      }
      return findExceeded(claims, found);
    } catch (error) {
      // Who asks for what is held already asks for nothing more.
      if (this.#rows.open(key) !== null) return null;
      throw error;
    }
  }

  #hold(claim: Claim, found: BalanceCell | null, now: number): BalanceCell {
    // A claim before this one may have made the balance just now.
    const cell = found ?? this.#cells.open(claim, now);
    this.#cells.touch(cell, now);
    // A claim that is only tracked says nothing of the budget's limit.
    cell.limit = claim.limit ?? cell.limit;
    cell.held += claim.amount;
    return cell;
  }

  #checkWindow({ budget, window, endsAt }: Claim, now: number): void {
    if (endsAt === null || endsAt + this.#times.windowMs > now) return;
    throw new StorageFailed(
      `the window ${window} of budget "${budget}" ended so long ago that its balance may be forgotten; ` +
        "claim the current window, and give the ledger the same clock as the gate; nothing was changed",
    );
  }

  #refuse(
    { key, digest, claims }: ReserveRequest,
    exceeded: readonly Exceeded[],
    now: number,
  ): ReserveResult {
    for (const claim of claims) {
      const cell = this.#cells.find(claim);
      // The limit was seen all the same, and is what the balance should show from now on.
      if (cell !== null && claim.limit !== null && claim.limit !== cell.limit) {
        this.#cells.open(claim, now).limit = claim.limit;
      }
    }
    if (exceeded.every(({ claim }) => !claim.soft)) {
      this.#rows.end(key, { id: digest, state: "refused", at: now, data: refusalText(exceeded) });
    }
    return { status: "refused", exceeded };
  }

  #answerOpen({ key, digest }: ReserveRequest): ReserveResult {
    const open = this.#rows.open(key);
    if (open === null) throw new Error(`key "${key}" is neither open nor free`);
    return this.#replay(open, digest);
  }

  #replay({ reservation }: OpenRow, digest: string): ReserveResult {
    if (reservation.digest !== digest) return { status: "conflict", reason: "digest_mismatch" };
    const balances = this.#standing(reservation.claims);
    return { status: "reserved", reservation, replayed: true, balances };
  }

  #standing(claims: readonly Claim[]): readonly Balance[] {
    return claims.map((claim) => {
      const cell = this.#cells.find(claim);
      if (cell !== null) return balanceOf(cell);
      const { budget, partition, window, endsAt, unit, limit } = claim;
      return { budget, partition, window, endsAt, unit, limit, spent: 0n, held: 0n };
    });
  }

  #settleEnded(key: string, id: string, amounts: Amounts, source: UsageSource, now: number): SettleResult {
    const ended = this.#endedOf(key, id);
    if (ended === null) return { status: "conflict", ended: "unknown" };
    if (ended.state === "released") return { status: "conflict", ended: "released" };
    if (ended.state !== "expired") {
      return { status: "conflict", ended: "settled", late: ended.state === "late" };
    }
    // What it held is forgotten: nobody can say any more what to book it against.
    if (ended.data === null) return { status: "conflict", ended: "unknown" };
    const holds = this.#holds(readExpired(key, id, ended.data).reservation.claims, now);
    const actuals = readActuals(holds, amounts);
    const charges = holds.map((hold, index) => chargeLate(hold, actuals[index] ?? 0n));
    this.#rows.settleLate(key, settledText(source, amounts, charges), now);
    this.#watch.add(id, key, now + this.#times.recordWithinMs);
    return { status: "settled", charges, late: true };
  }

  #holds(claims: readonly Claim[], now: number): readonly Hold[] {
    return claims.map((claim) => ({ claim, cell: this.#cells.open(claim, now) }));
  }

  #free({ claims }: Reservation, now: number): void {
    for (const claim of claims) {
      const cell: BalanceCell = this.#cells.open(claim, now);
      cell.held -= claim.amount;
    }
  }

  /** How a reservation ended; null when it is not known, or its key was never granted. */
  #endedOf(key: string, id: string): EndedRow | null {
    const ended = this.#rows.ended(key);
    return ended === null || ended.state === "refused" || ended.id !== id ? null : ended;
  }
}

/** The only claim of a lease, where another can be taken out of it. */
function leasedFor(claim: Claim, [leased, ...others]: readonly Claim[] = []): Claim | null {
  if (leased === undefined || others.length > 0 || leased.amount < claim.amount) return null;
  const { budget, partition, window, unit } = leased;
  const isSame = budget === claim.budget && partition === claim.partition;
  return isSame && window === claim.window && unit === claim.unit ? leased : null;
}

function endingOf({ state }: EndedRow): "settled" | "released" | "expired" {
  return state === "released" || state === "expired" ? state : "settled";
}

function answerEnded(ended: EndedRow, digest: string): ReserveResult {
  if (ended.state !== "refused") return { status: "conflict", reason: `already_${endingOf(ended)}` };
  if (ended.id !== digest) return { status: "conflict", reason: "digest_mismatch" };
  return { status: "refused", exceeded: readRefusal(ended.data ?? "[]") };
}

function refusalText(exceeded: readonly Exceeded[]): string {
  const claims = claimsText(exceeded.map(({ claim }) => claim));
  return JSON.stringify([claims, ...exceeded.map(({ spent, held }) => [String(spent), String(held)])]);
}

function readRefusal(text: string): readonly Exceeded[] {
  const [claims, ...standings]: [string, ...(readonly [string, string])[]] = JSON.parse(text);
  return readClaims(claims).map((claim, index) => {
    const [spent = "0", held = "0"] = standings[index] ?? [];
    return { claim, spent: BigInt(spent), held: BigInt(held) };
  });
}
