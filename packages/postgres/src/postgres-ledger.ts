import type {
  Amounts,
  Balance,
  BalanceQuery,
  Clock,
  Ledger,
  ReleaseResult,
  Reservation,
  ReserveRequest,
  ReserveResult,
  SettleResult,
} from "@tollgate/core";
import { StorageFailed } from "@tollgate/core";
import {
  checkExpiry,
  checkRequest,
  isAmount,
  readChoice,
  readObject,
  readWhole,
  systemClock,
} from "@tollgate/core/driver";
import { chargesOf } from "./charges.ts";
import { Database } from "./database.ts";
import { byClaim, checkText, claimsOf, holdsOf, reservationOf, standingsOf } from "./holds.ts";
import type { Adjustment, KeptReservation, LedgerAdmin, ReservationQuery } from "./ledger-admin.ts";
import { balanceOfRow, readStored } from "./ledger-rows.ts";
import type { PostgresPool } from "./pool.ts";
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
}

/** How many reservations are expired in one go. */
const expireBatch = 100;

/** When an expired reservation is told of again whose receipt is missing. */
const tellAgainMs = 60_000;

/**
 * Makes a ledger of the schema `tollgate`, for any number of processes and machines at once; `migrate` makes the
 * schema. The pool stays the application's: `close` does not end it.
 *
 * Every operation is one statement and one transaction, and leaves nothing in the session. `expire` looks for
 * what the database's clock says is due, whatever time it is given; each reservation is told to one of all
 * processes that sweep.
 *
 * @throws InvalidConfig for options that make no sense.
 */
export function postgresLedger(
  pool: PostgresPool,
  options: PostgresLedgerOptions = {},
): Ledger & LedgerAdmin {
  readObject(options, "options", ["clock", "time", "timeoutMs"]);
  const { clock = systemClock, time = "store", timeoutMs = 4000 } = options;
  readChoice(time, "time", ["store", "caller"]);
  readWhole(timeoutMs, "timeoutMs", 1);
  return new PostgresLedger(new Database(pool, timeoutMs), new StoreTime(clock, time));
}

class PostgresLedger implements Ledger, LedgerAdmin {
  readonly #database: Database;
  readonly #time: StoreTime;
  /** Expired, but not told of yet: their sweep was left half way. */
  #untold: Reservation[] = [];

  constructor(database: Database, time: StoreTime) {
    this.#database = database;
    this.#time = time;
  }

  async reserve(request: ReserveRequest): Promise<ReserveResult> {
    checkRequest(request);
    const { id, key, digest, claims, expiresAt } = request;
    for (const text of [id, key, digest]) checkText(text);
    const sent = holdsOf(claims);
    const answer = await this.#database.ask({
      text: "SELECT * FROM tollgate.reserve($1, $2, $3, $4, $5, $6, $7, $8)",
      values: [
        key,
        id,
        digest,
        ...this.#time.until(expiresAt),
        JSON.stringify(sent.holds),
        JSON.stringify(sent.claims),
        JSON.stringify(sent.terms),
      ],
      repeatable: true,
    });
    return reserveResult(request, sent, answer, this.#time);
  }

  async settle(reservation: Reservation, amounts: Amounts): Promise<SettleResult> {
    const { key, id, claims } = reservation;
    const sent: Record<string, string> = Object.create(null);
    for (const [unit, amount] of Object.entries(amounts)) {
      if (isAmount(amount)) sent[unit] = String(amount);
      else if (claims.some((claim) => claim.unit === unit)) {
        throw new StorageFailed(`cannot book ${String(amount)} ${unit}; nothing was changed`);
      }
    }
    const {
      rows: [row],
    } = await this.#database.ask({
      text: "SELECT * FROM tollgate.settle($1, $2, $3, $4)",
      values: [key, id, this.#time.now(), JSON.stringify(sent)],
      // Done twice it would answer that somebody else has settled it.
      repeatable: false,
    });
    const late = row?.kept_late === "t";
    switch (row?.answer) {
      case "settled": {
        const kept = readStored(row.kept);
        const standings = byClaim(kept, standingsOf(row.spent ?? null, row.held ?? null));
        return { status: "settled", charges: chargesOf(claimsOf(kept), standings, amounts, late), late };
      }
      case "was_settled":
        return { status: "conflict", ended: "settled", late };
      case "was_released":
        return { status: "conflict", ended: "released" };
      default:
        return { status: "conflict", ended: "unknown" };
    }
  }

  async release({ key, id }: Reservation): Promise<ReleaseResult> {
    const {
      rows: [row],
    } = await this.#database.ask({
      text: "SELECT tollgate.release($1, $2, $3) AS answer",
      values: [key, id, this.#time.now()],
      repeatable: false,
    });
    switch (row?.answer) {
      case "released":
        return { status: "released" };
      case "was_settled":
        return { status: "conflict", ended: "settled" };
      case "was_released":
        return { status: "conflict", ended: "released" };
      case "was_expired":
        return { status: "conflict", ended: "expired" };
      default:
        return { status: "conflict", ended: "unknown" };
    }
  }

  async extend({ key, id }: Reservation, expiresAt: number): Promise<boolean> {
    checkExpiry(expiresAt);
    const {
      rows: [row],
    } = await this.#database.ask({
      text: "SELECT tollgate.extend($1, $2, $3, $4) AS is_open",
      values: [key, id, ...this.#time.until(expiresAt)],
      repeatable: true,
    });
    return row?.is_open === "t";
  }

  async *expire(now: number): AsyncGenerator<Reservation> {
    for (let isDone = false; ; ) {
      // Taken one by one, so that what a caller leaves half way is told to the next.
      for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) yield next;
      if (isDone) return;
      const { rows } = await this.#database.ask({
        text: "SELECT * FROM tollgate.expire($1, $2, $3)",
        values: [this.#time.sweepTime(now), expireBatch, tellAgainMs],
        repeatable: true,
      });
      for (const { key, digest, kept, now_at } of rows) {
        const stored = readStored(kept);
        const expiresAt = this.#time.toCaller(String(stored.due), now_at ?? "");
        this.#untold.push(reservationOf(stored, key ?? "", digest ?? "", expiresAt));
      }
      isDone = rows.length < expireBatch;
    }
  }

  async nextExpiry(): Promise<number | null> {
    const {
      rows: [row],
    } = await this.#database.ask({
      text: `SELECT r.due_at, tollgate.now_ms() AS now_at FROM tollgate.reservations r
        WHERE r.due_at IS NOT NULL AND r.status = 'open' ORDER BY r.due_at LIMIT 1`,
      values: [],
      repeatable: true,
    });
    return row?.due_at == null ? null : this.#time.toCaller(row.due_at, row.now_at ?? "");
  }

  async balances({ budget, partition, window }: BalanceQuery): Promise<readonly Balance[]> {
    const { rows } = await this.#database.ask({
      text: `SELECT * FROM tollgate.balances b
        WHERE ($1::text IS NULL OR b.budget = $1) AND ($2::text IS NULL OR b.partition = $2)
          AND ($3::text IS NULL OR b.window_id = $3)
        ORDER BY b.budget, b.partition, b.window_id, b.unit`,
      values: [budget ?? null, partition ?? null, window ?? null],
      repeatable: true,
    });
    return rows.map(balanceOfRow);
  }

  async reservations({ budget, limit = 100 }: ReservationQuery = {}): Promise<readonly KeptReservation[]> {
    readWhole(limit, "limit", 1);
    const { rows } = await this.#database.ask({
      text: `SELECT r.key, r.digest, r.status, r.created_at, tollgate.now_ms() AS now_at,
          jsonb_build_object('id', r.id, 'due', r.expires_at, 'holds', r.holds, 'claims', r.claims) AS kept
        FROM tollgate.reservations r
        WHERE r.status <> 'refused' AND ($1::text IS NULL
          OR EXISTS (SELECT FROM jsonb_array_elements(r.holds) AS list(hold) WHERE hold ->> 0 = $1))
        ORDER BY r.created_at DESC LIMIT $2`,
      values: [budget ?? null, limit],
      repeatable: true,
    });
    return rows.map(({ key, digest, status, created_at, now_at, kept }) => {
      const stored = readStored(kept);
      const expiresAt = this.#time.toCaller(String(stored.due), now_at ?? "");
      return {
        reservation: reservationOf(stored, key ?? "", digest ?? "", expiresAt),
        status: status as KeptReservation["status"],
        createdAt: this.#time.toCaller(created_at ?? "", now_at ?? ""),
      };
    });
  }

  async adjust(adjustment: Adjustment): Promise<Balance> {
    const { budget, partition, window, unit, amount, by, reason } = adjustment;
    for (const text of [budget, partition, window, unit, by, reason]) checkText(text);
    const {
      rows: [row],
    } = await this.#database.ask({
      text: "SELECT * FROM tollgate.adjust($1, $2, $3, $4, $5, $6, $7, $8)",
      values: [budget, partition, window, unit, this.#time.now(), String(amount), by, reason],
      repeatable: false,
    });
    if (row === undefined) {
      throw new StorageFailed(
        `budget "${budget}" has no balance in ${unit} for "${partition}" in the window ${window} that ${amount} could be added to; nothing was changed`,
      );
    }
    return balanceOfRow({ budget, partition, window_id: window, unit, ...row });
  }
}
