import type { StatementSync } from "node:sqlite";
import type {
  Amounts,
  Balance,
  BalanceQuery,
  Clock,
  Expired,
  Ledger,
  ReleaseResult,
  Reservation,
  ReserveRequest,
  ReserveResult,
  SettleResult,
  UsageSource,
} from "@tollgate/core";
import { StorageFailed } from "@tollgate/core";
import {
  type Adjustment,
  type AdjustmentQuery,
  checkExpiry,
  checkRequest,
  type KeptAdjustment,
  type KeptReservation,
  type LeasedGrant,
  type LeasingLedger,
  type LedgerAdmin,
  type Recorded,
  type ReservationQuery,
  readChoice,
  readWhole,
  type SharedStops,
  systemClock,
} from "@tollgate/core/driver";
import { Adjustments } from "./adjustments.ts";
import { checkBookable } from "./check-bookable.ts";
import { readExpired } from "./expired-text.ts";
import { ExpirySweep } from "./expiry-sweep.ts";
import type { SqliteFileOptions } from "./file-options.ts";
import { findKeys } from "./find-keys.ts";
import { type BookTimes, LedgerBook } from "./ledger-book.ts";
import { LookThrough } from "./look-through.ts";
import { MissingRecords } from "./missing-records.ts";
import type { OpenFile } from "./open-file.ts";
import { openRow, ReservationRows } from "./reservation-rows.ts";
import { readRetention, type SqliteRetention } from "./retention.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import { stopsIn } from "./sqlite-stops.ts";
import { Upkeep } from "./upkeep.ts";
import { useFile } from "./use-file.ts";
import { WatchRows } from "./watch-rows.ts";

/** Options of {@link sqliteLedger}; how the file is used is settled already where it is given open. */
export interface SqliteLedgerOptions extends SqliteFileOptions {
  /**
   * Tells ages: of what is to be forgotten, and of decisions whose ending or grant may be missing. Use the gate's own.
   *
   * @default the system's clock
   */
  readonly clock?: Pick<Clock, "now">;
  /** How long to remember what is over. */
  readonly retention?: SqliteRetention;
  /**
   * How long after an ending its receipt is missed, where the receipts are in the same file: its process must have died
   * then, and the next sweep writes it. Longer than a gate may take to write what it owes.
   *
   * @default 600_000 (10 minutes)
   */
  readonly recordWithinMs?: number;
}

/** A ledger in an SQLite file. */
export interface SqliteLedger extends LeasingLedger, LedgerAdmin {
  readonly stops: SharedStops;
  close(): Promise<void>;
}

/**
 * Makes a ledger that keeps {@link Ledger}'s rules in an SQLite file: it outlives the process, and any number of
 * processes on one machine may share it.
 *
 * `file` is a path, or what `sqliteFile` answers. Each answer comes after the commit; operations that are under way
 * together share one. `expire` ends reservations in batches, and tells of each one exactly once over all
 * processes; where the receipts are in the same file, also of endings whose process died before it wrote theirs.
 * Times are the callers': processes of one machine share its clock.
 *
 * @throws InvalidConfig for options that make no sense; StorageFailed when the file cannot be used (see
 * `sqliteFile`).
 */
export function sqliteLedger(file: string | SqliteFile, options: SqliteLedgerOptions = {}): SqliteLedger {
  const { clock = systemClock, recordWithinMs = 600_000 } = options;
  const retention = readRetention(options.retention);
  readWhole(recordWithinMs, "recordWithinMs", 1000);
  const used = useFile(file, options, ["clock", "retention", "recordWithinMs"]);
  return new LedgerInSqlite(used, clock, { ...retention, recordWithinMs });
}

class LedgerInSqlite implements SqliteLedger {
  readonly stops: SharedStops;
  readonly #file: OpenFile;
  readonly #clock: Pick<Clock, "now">;
  readonly #rows: ReservationRows;
  readonly #book: LedgerBook;
  readonly #sweep: ExpirySweep;
  readonly #upkeep: Upkeep;
  readonly #adjustments: Adjustments;
  readonly #listOpen: StatementSync;
  readonly #listExpired: StatementSync;
  readonly #release: () => Promise<void>;

  constructor(file: OpenFile, clock: Pick<Clock, "now">, times: BookTimes & Required<SqliteRetention>) {
    const { database, cells } = file;
    this.#release = file.hold();
    this.stops = stopsIn(file);
    this.#file = file;
    this.#clock = clock;
    this.#rows = new ReservationRows(database);
    const watch = new WatchRows(database);
    this.#book = new LedgerBook(cells, this.#rows, watch, times);
    this.#sweep = new ExpirySweep({
      file,
      rows: this.#rows,
      book: this.#book,
      lookThrough: new LookThrough(file, watch, times.recordWithinMs),
      missing: new MissingRecords(file, this.#rows, watch, times.recordWithinMs),
    });
    this.#upkeep = new Upkeep(file, times);
    this.#adjustments = new Adjustments(database, cells);
    const claimsOn = "EXISTS (SELECT 1 FROM json_each(claims) WHERE json_extract(value, '$[0]') = ?)";
    this.#listOpen = database.prepare(
      `SELECT name, id, digest, claims, at, until FROM live
       WHERE kind = 1 AND (? IS NULL OR ${claimsOn}) AND (? IS NULL OR id = ?) ORDER BY at DESC, id DESC LIMIT ?`,
    );
    this.#listExpired = database.prepare(
      `SELECT key, id, data, data ->> '$[3]' AS claims FROM ended
       WHERE state = 'expired' AND data IS NOT NULL AND (? IS NULL OR ${claimsOn}) AND (? IS NULL OR id = ?) ORDER BY at DESC, id DESC LIMIT ?`,
    );
  }

  reserve(request: ReserveRequest): Promise<ReserveResult> {
    checkRequest(request);
    checkTexts([request.id, request.key, request.digest]);
    for (const { budget, partition, window, unit } of request.claims) {
      checkTexts([budget, partition, window, unit]);
    }
    return this.#file.write(() => this.#book.reserve(request, this.#clock.now()));
  }

  settle(reservation: Reservation, amounts: Amounts, source: UsageSource): Promise<SettleResult> {
    return this.#file.write(() => this.#book.settle(reservation, amounts, source, this.#clock.now()));
  }

  release(reservation: Reservation, reason: string): Promise<ReleaseResult> {
    return this.#file.write(() => this.#book.release(reservation, reason, this.#clock.now()));
  }

  async record(grants: readonly LeasedGrant[]): Promise<Recorded> {
    for (const { reservation } of grants) {
      checkRequest(reservation);
      checkTexts([reservation.id, reservation.key, reservation.digest]);
      for (const { budget, partition, window, unit } of reservation.claims) {
        checkTexts([budget, partition, window, unit]);
      }
    }
    return this.#file.write(() => {
      checkBookable(grants, (name) => this.#file.cells.find(name));
      try {
        return this.#book.record(grants, this.#clock.now());
      } catch (cause) {
        // Something of it may be done already: all that shares the transaction has to go with it.
        if (cause instanceof StorageFailed) throw new Error(cause.message, { cause });
        throw cause;
      }
    });
  }

  extend(reservation: Reservation, expiresAt: number): Promise<boolean> {
    checkExpiry(expiresAt);
    return this.#file.write(() => this.#book.extend(reservation, expiresAt));
  }

  async *expire(due: number): AsyncGenerator<Expired> {
    const now = this.#clock.now();
    yield* this.#sweep.run(due, now);
    await this.#upkeep.step(now);
  }

  nextExpiry(): Promise<number | null> {
    return this.#file.read(() => this.#rows.firstDue());
  }

  balances(query: BalanceQuery): Promise<readonly Balance[]> {
    return this.#file.read(() => this.#file.cells.list(query));
  }

  /** Open ones, and expired ones that may still settle; the rest is on record in the receipts, but found by its id. */
  async reservations(query: ReservationQuery = {}): Promise<readonly KeptReservation[]> {
    const { id = null, status, budget = null, limit = 100 } = query;
    readWhole(limit, "limit", 1);
    if (status !== undefined) readChoice(status, "status", ["open"]);
    const found = await this.#file.read(() => {
      const open = this.#listOpen
        .all(budget, budget, id, id, limit)
        .map((row) => ({ ...openRow(row), status: "open" as const }));
      const ended = status === "open" ? [] : this.#listExpired.all(budget, budget, id, id, limit);
      const expired = ended.map((row) => ({
        ...readExpired(row.key as string, row.id as string, row.data as string),
        status: "expired" as const,
      }));
      return [...open, ...expired]
        .sort((one, other) => other.createdAt - one.createdAt)
        .slice(0, limit)
        .map(({ reservation, status, createdAt }) => ({ reservation, status, createdAt }));
    });
    const isNone = found.length === 0 && id !== null && status === undefined && budget === null;
    return isNone ? this.#findOver(id) : found;
  }

  /** The reservation with an id where it has settled or was released: what it held is in the receipts alone. */
  async #findOver(id: string): Promise<readonly KeptReservation[]> {
    const own = await this.#file.read(() => this.#rows.ended(id));
    const key = own?.id === id ? id : (await findKeys(this.#file, [id])).get(id);
    const row = key === undefined ? null : await this.#file.read(() => this.#rows.ended(key));
    if (key === undefined || row?.id !== id) return [];
    const reservation = { id, key, digest: "", claims: [], expiresAt: row.at };
    const status = row.state === "released" || row.state === "expired" ? row.state : "settled";
    return [{ reservation, status, createdAt: row.at }];
  }

  adjust(adjustment: Adjustment): Promise<Balance> {
    const { id, budget, partition, window, unit, by, reason } = adjustment;
    checkTexts([id, budget, partition, window, unit, by, reason]);
    return this.#file.write(() => this.#adjustments.make(adjustment, this.#clock.now()));
  }

  adjustments({ budget, limit = 100 }: AdjustmentQuery = {}): Promise<readonly KeptAdjustment[]> {
    readWhole(limit, "limit", 1);
    return this.#file.read(() => this.#adjustments.list(budget ?? null, limit));
  }

  async close(): Promise<void> {
    await this.stops.close();
    await this.#release();
  }
}

/** Names of balances and keys are compared as they are stored, which half a surrogate pair cannot be. */
function checkTexts(texts: readonly string[]): void {
  for (const text of texts) {
    if (typeof text !== "string" || !text.isWellFormed()) {
      throw new StorageFailed(`${JSON.stringify(text)} cannot be stored; nothing was changed`);
    }
  }
}
