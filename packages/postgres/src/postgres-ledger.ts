import type {
  Amounts,
  Balance,
  BalanceQuery,
  Clock,
  Expired,
  ReleaseResult,
  Reservation,
  ReserveRequest,
  ReserveResult,
  SettleResult,
  UsageSource,
} from "@tollgate/core";
import {
  type Adjustment,
  type AdjustmentQuery,
  checkExpiry,
  checkRequest,
  isLease,
  type KeptAdjustment,
  type KeptReservation,
  type LeasedGrant,
  type LeasingLedger,
  type LedgerAdmin,
  type Recorded,
  type ReservationQuery,
  readChoice,
  readObject,
  readWhole,
  type SharedStops,
  systemClock,
} from "@tollgate/core/driver";
import { adjust, adjustments } from "./adjustments.ts";
import { Database, type Row } from "./database.ts";
import { releaseResult, sentAmounts, sentReason, settleResult, unrecordedEnding } from "./end-answers.ts";
import { checkText, holdsOf, reservationOf } from "./holds.ts";
import { balanceOfRow, readStored } from "./ledger-rows.ts";
import type { PostgresPool } from "./pool.ts";
import { stopsIn } from "./postgres-stops.ts";
import { recordedAnswer } from "./record-answer.ts";
import { sentGrants } from "./record-request.ts";
import { reserveResult } from "./reserve-answer.ts";
import { StoreTime, type TimeSource } from "./store-time.ts";

/** Options of {@link postgresLedger}. */
export interface PostgresLedgerOptions {
  /** The gate's clock, which its times are read by. @default the system's clock */
  readonly clock?: Pick<Clock, "now">;
  /**
   * Whose clock says when a reservation has expired: the database's, which all machines share, or the caller's.
   *
   * @default "store"
   */
  readonly time?: TimeSource;
  /**
   * How long an operation may take in all: waiting for a connection, for the answer, and for further tries.
   *
   * @default 4000 (less than the gate's own storageTimeoutMs, so that it hears why)
   */
  readonly timeoutMs?: number;
  /**
   * How long the receipt of an ending may take before another process writes it; longer than any process is
   * ever paused, for else there may be two; at least 1000. Takes effect where the receipts are in the same schema.
   *
   * @default 600000 (10 minutes)
   */
  readonly recordWithinMs?: number;
}

/** How many reservations are told of in one go. */
const sweepBatch = 100;

/** How many are looked through for missing receipts with each sweep. */
const lookBatch = 10_000;

/**
 * Makes a ledger of the schema `tollgate`, for any number of processes and machines at once; `migrate` makes the
 * schema. The pool stays the application's: `close` does not end it, and waits only for what is under way.
 *
 * Every operation is one statement and one transaction, and leaves nothing in the session. `expire` looks for
 * what the database's clock says is due, whatever time it is given; each reservation is told to one of all
 * processes that sweep.
 *
 * @throws InvalidConfig for options that make no sense.
 */
export function postgresLedger(pool: PostgresPool, options: PostgresLedgerOptions = {}): PostgresLedger {
  readObject(options, "options", ["clock", "time", "timeoutMs", "recordWithinMs"]);
  const { clock = systemClock, time = "store", timeoutMs = 4000, recordWithinMs = 600_000 } = options;
  readChoice(time, "time", ["store", "caller"]);
  readWhole(timeoutMs, "timeoutMs", 1);
  readWhole(recordWithinMs, "recordWithinMs", 1000);
  return new LedgerInPostgres(new Database(pool, timeoutMs), new StoreTime(clock, time), recordWithinMs);
}

/** A {@link LeasingLedger} in the schema `tollgate`. */
export interface PostgresLedger extends LeasingLedger, LedgerAdmin {
  readonly stops: SharedStops;
  reserve(request: ReserveRequest): Promise<ReserveResult>;
  settle(reservation: Reservation, amounts: Amounts, source: UsageSource): Promise<SettleResult>;
  release(reservation: Reservation, reason: string): Promise<ReleaseResult>;
  extend(reservation: Reservation, expiresAt: number): Promise<boolean>;
  record(grants: readonly LeasedGrant[]): Promise<Recorded>;
  nextExpiry(): Promise<number | null>;
  balances(query: BalanceQuery): Promise<readonly Balance[]>;
  reservations(query?: ReservationQuery): Promise<readonly KeptReservation[]>;
  adjust(adjustment: Adjustment): Promise<Balance>;
  adjustments(query?: AdjustmentQuery): Promise<readonly KeptAdjustment[]>;
  close(): Promise<void>;
}

class LedgerInPostgres implements PostgresLedger {
  readonly stops: SharedStops;
  readonly #database: Database;
  readonly #time: StoreTime;
  readonly #recordWithinMs: number;
  /** Found by a sweep that was left half way, and not told of yet. */
  #untold: Expired[] = [];
  #looking: Promise<void> | null = null;

  constructor(database: Database, time: StoreTime, recordWithinMs: number) {
    this.stops = stopsIn(database);
    this.#database = database;
    this.#time = time;
    this.#recordWithinMs = recordWithinMs;
  }

  async reserve(request: ReserveRequest): Promise<ReserveResult> {
    checkRequest(request);
    const { id, key, digest, claims, expiresAt } = request;
    for (const text of [id, key, digest]) checkText(text);
    const sent = holdsOf(claims);
    const answer = await this.#ask("SELECT * FROM tollgate.reserve($1, $2, $3, $4, $5, $6, $7, $8)", [
      key,
      id,
      digest,
      ...this.#time.until(expiresAt),
      JSON.stringify(sent.holds),
      JSON.stringify(sent.claims),
      JSON.stringify(sent.terms),
    ]);
    return reserveResult(request, sent, answer, this.#time);
  }

  async settle(
    { key, id, claims }: Reservation,
    amounts: Amounts,
    source: UsageSource,
  ): Promise<SettleResult> {
    const sent = JSON.stringify(sentAmounts(claims, amounts));
    const { rows, isRepeat } = await this.#ask("SELECT * FROM tollgate.settle($1, $2, $3, $4, $5)", [
      key,
      id,
      this.#time.now(),
      sent,
      source,
    ]);
    return settleResult(rows[0], amounts, isRepeat);
  }

  async release({ key, id }: Reservation, reason: string): Promise<ReleaseResult> {
    const { rows, isRepeat } = await this.#ask("SELECT tollgate.release($1, $2, $3, $4) AS answer", [
      key,
      id,
      this.#time.now(),
      sentReason(reason),
    ]);
    return releaseResult(rows[0], isRepeat);
  }

  async extend({ key, id }: Reservation, expiresAt: number): Promise<boolean> {
    checkExpiry(expiresAt);
    const { rows } = await this.#ask("SELECT tollgate.extend($1, $2, $3, $4) AS is_open", [
      key,
      id,
      ...this.#time.until(expiresAt),
    ]);
    return rows[0]?.is_open === "t";
  }

  async record(grants: readonly LeasedGrant[]): Promise<Recorded> {
    if (grants.length === 0) return { endings: [], lost: [], balances: [] };
    const sent = sentGrants(grants, this.#time);
    const answer = await this.#ask(
      `SELECT * FROM tollgate.record(
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
      sent.values,
    );
    return recordedAnswer(sent, answer);
  }

  async *expire(now: number): AsyncGenerator<Expired> {
    const due = this.#time.sweepTime(now);
    for (let isMore = true; isMore; ) {
      const { rows } = await this.#ask("SELECT * FROM tollgate.expire($1, $2)", [due, sweepBatch]);
      isMore = rows.length === sweepBatch;
      const ended = rows.map((row) => this.#reservationOf(row));
      this.#untold.push(...ended.filter((reservation) => !isLease(reservation)));
      // Taken one by one, so that what a caller leaves half way is told to the next.
      for (let told = this.#untold.shift(); told !== undefined; told = this.#untold.shift()) yield told;
    }
    // Callers wait for a sweep: what may take its time goes on behind them, and is told to the next.
    this.#looking ??= this.#look(due);
  }

  async nextExpiry(): Promise<number | null> {
    const { rows } = await this.#ask(
      `SELECT r.due_at, tollgate.now_ms() AS now_at FROM tollgate.reservations r
      WHERE r.due_at IS NOT NULL AND r.status = 'open' ORDER BY r.due_at LIMIT 1`,
      [],
    );
    const row = rows[0];
    return row?.due_at == null ? null : this.#time.toCaller(row.due_at, row.now_at ?? "");
  }

  async balances({ budget, partition, window }: BalanceQuery): Promise<readonly Balance[]> {
    const { rows } = await this.#ask(
      `SELECT * FROM tollgate.balances b
      WHERE ($1::text IS NULL OR b.budget = $1) AND ($2::text IS NULL OR b.partition = $2)
        AND ($3::text IS NULL OR b.window_id = $3)
      ORDER BY b.budget, b.partition, b.window_id, b.unit`,
      [budget ?? null, partition ?? null, window ?? null],
    );
    return rows.map(balanceOfRow);
  }

  async reservations(query: ReservationQuery = {}): Promise<readonly KeptReservation[]> {
    const { id, status, budget, limit = 100 } = query;
    if (status !== undefined) readChoice(status, "status", ["open"]);
    readWhole(limit, "limit", 1);
    const { rows } = await this.#ask(
      `SELECT r.key, r.digest, r.status, r.created_at, tollgate.now_ms() AS now_at,
        jsonb_build_object('id', r.id, 'due', r.expires_at, 'holds', r.holds, 'claims', r.claims) AS kept
      FROM tollgate.reservations r
      WHERE r.status <> 'refused' AND ($1::text IS NULL
        OR EXISTS (SELECT FROM jsonb_array_elements(r.holds) AS list(hold) WHERE hold ->> 0 = $1))
        AND ($2::text IS NULL OR r.key = $2 AND r.id = $2 OR r.key <> r.id AND r.id = $2) AND ($3::text IS NULL OR r.status = $3)
      ORDER BY r.created_at DESC, r.id DESC LIMIT $4`,
      [budget ?? null, id ?? null, status ?? null, limit],
    );
    return rows.map((row) => ({
      reservation: this.#reservationOf(row),
      status: row.status as KeptReservation["status"],
      createdAt: this.#time.toCaller(row.created_at ?? "", row.now_at ?? ""),
    }));
  }

  adjust(adjustment: Adjustment): Promise<Balance> {
    return adjust(this.#database, this.#time, adjustment);
  }

  adjustments(query: AdjustmentQuery = {}): Promise<readonly KeptAdjustment[]> {
    return adjustments(this.#database, query);
  }

  /** Finds endings whose receipts are missing. */
  async #look(due: string | null): Promise<void> {
    try {
      const { rows } = await this.#ask("SELECT * FROM tollgate.unrecorded($1, $2, $3, $4)", [
        due,
        this.#recordWithinMs,
        lookBatch,
        sweepBatch,
      ]);
      for (const row of rows) {
        const reservation = this.#reservationOf(row);
        this.#untold.push({ ...reservation, unrecorded: unrecordedEnding(reservation, row) });
      }
    } catch {
      // The next sweep tries again, and whoever waits for an answer of this database is told what it lacks.
    } finally {
      this.#looking = null;
    }
  }

  /** Waits for what goes on behind the callers. */
  async close(): Promise<void> {
    await this.stops.close();
    await this.#looking;
  }

  #ask(text: string, values: unknown[]): ReturnType<Database["ask"]> {
    return this.#database.ask({ text, values, repeatable: true });
  }

  #reservationOf({ key, digest, kept, now_at }: Row): Reservation {
    const stored = readStored(kept);
    const expiresAt = this.#time.toCaller(String(stored.due), now_at ?? "");
    return reservationOf(stored, key ?? "", digest ?? "", expiresAt);
  }
}
