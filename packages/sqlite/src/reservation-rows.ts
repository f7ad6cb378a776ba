import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Claim, Reservation } from "@tollgate/core";
import { leaseKeysOf } from "@tollgate/core/driver";
import { claimsText, readClaims } from "./claims-text.ts";

/** What became of a key that is not open any more. */
export type EndState = "settled" | "late" | "released" | "expired" | "refused";

/** What is kept of such a key. */
export interface EndedRow {
  /** The reservation's id; the digest of the action for a refused key. */
  readonly id: string;
  readonly state: EndState;
  /** When, in epoch milliseconds. */
  readonly at: number;
  readonly data: string | null;
}

/** An open reservation, and when it was granted. */
export interface OpenRow {
  readonly reservation: Reservation;
  readonly createdAt: number;
}

/** How many open reservations are remembered besides the file at most. */
const maxKnown = 10_000;

const open = "name, id, digest, claims, at, until";
const isKey = "kind = 1 AND name = ? AND unit = '' AND span = '' AND part = ''";

/**
 * The rows of reservations: open ones with their expiry, ended ones with how they ended.
 *
 * What was added here is remembered, so that it need not be read again when it ends; the file alone says whether
 * it is open.
 */
export class ReservationRows {
  readonly #known = new Map<string, OpenRow>();
  readonly #takeKnown: StatementSync;
  readonly #findEnded: StatementSync;
  readonly #addEnded: StatementSync;
  readonly #findOpen: StatementSync;
  readonly #addOpen: StatementSync;
  readonly #takeOpen: StatementSync;
  readonly #addDue: StatementSync;
  readonly #dropDue: StatementSync;
  readonly #firstDue: StatementSync;
  readonly #dueBy: StatementSync;
  readonly #moveOpen: StatementSync;
  readonly #changeOpen: StatementSync;
  readonly #settleLate: StatementSync;
  readonly #leasedUntil: StatementSync;
  readonly #hasLeased: StatementSync;

  constructor(database: DatabaseSync) {
    this.#findEnded = database.prepare("SELECT id, state, at, data FROM ended WHERE key = ?");
    this.#addEnded = database.prepare("INSERT INTO ended (key, id, state, at, data) VALUES (?, ?, ?, ?, ?)");
    this.#findOpen = database.prepare(`SELECT ${open} FROM live WHERE ${isKey}`);
    this.#addOpen = database.prepare(
      "INSERT INTO live (kind, name, unit, span, part, id, digest, claims, at, until) " +
        "VALUES (1, ?, '', '', '', ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    );
    this.#takeOpen = database.prepare(`DELETE FROM live WHERE ${isKey} AND id = ? RETURNING ${open}`);
    this.#takeKnown = database.prepare(`DELETE FROM live WHERE ${isKey} AND id = ? AND until = ?`);
    this.#addDue = database.prepare(
      "INSERT INTO live (kind, name, unit, span, part) VALUES (2, ?, ?, '', '')",
    );
    this.#dropDue = database.prepare(
      "DELETE FROM live WHERE kind = 2 AND name = ? AND unit = ? AND span = '' AND part = ''",
    );
    this.#firstDue = database.prepare("SELECT name FROM live WHERE kind = 2 ORDER BY name LIMIT 1");
    this.#dueBy = database.prepare(
      "SELECT unit AS key FROM live WHERE kind = 2 AND name <= ? ORDER BY name LIMIT ?",
    );
    this.#settleLate = database.prepare("UPDATE ended SET state = 'late', at = ?, data = ? WHERE key = ?");
    this.#leasedUntil = database.prepare(
      "SELECT max(until) AS until FROM live WHERE kind = 1 AND name > ? AND name < ? AND at <= ?",
    );
    this.#hasLeased = database.prepare("SELECT 1 FROM ended WHERE key > ? AND key < ? LIMIT 1");
    this.#moveOpen = database.prepare(`UPDATE live SET until = ? WHERE ${isKey}`);
    this.#changeOpen = database.prepare(`UPDATE live SET claims = ? WHERE ${isKey}`);
  }

  ended(key: string): EndedRow | null {
    return (this.#findEnded.get(key) as EndedRow | undefined) ?? null;
  }

  open(key: string): OpenRow | null {
    const row = this.#findOpen.get(key);
    return row === undefined ? null : openRow(row);
  }

  /** Adds an open reservation; false when its key is open already. */
  add(reservation: Reservation, createdAt: number): boolean {
    const { key, id, digest, expiresAt } = reservation;
    // A copy, out of reach of whoever has the reservation.
    const claims = reservation.claims.map((claim) => ({ ...claim }));
    if (this.#addOpen.run(key, id, digest, claimsText(claims), createdAt, expiresAt).changes === 0)
      return false;
    this.#addDue.run(expiresAt, key);
    this.#know({ reservation: { key, id, digest, claims, expiresAt }, createdAt });
    return true;
  }

  /** Takes an open reservation out; null when it is not open. */
  take(key: string, id: string): OpenRow | null {
    const taken = this.#takeAsKnown(key, id) ?? this.#takeUnknown(key, id);
    if (taken !== null) this.#dropDue.run(taken.reservation.expiresAt, key);
    return taken;
  }

  /** Keeps how a key ended that is not open any more. */
  end(key: string, { id, state, at, data }: EndedRow): void {
    this.#addEnded.run(key, id, state, at, data);
  }

  /** Keeps that an expired reservation has settled after all. */
  settleLate(key: string, data: string, at: number): void {
    this.#settleLate.run(at, data, key);
  }

  extend({ reservation, createdAt }: OpenRow, next: number): void {
    const { key, expiresAt } = reservation;
    this.#moveOpen.run(next, key);
    this.#dropDue.run(expiresAt, key);
    this.#addDue.run(next, key);
    this.#know({ reservation: { ...reservation, expiresAt: next }, createdAt });
  }

  /** Changes what an open reservation holds. */
  changeClaims({ key }: Reservation, claims: readonly Claim[]): void {
    this.#changeOpen.run(claimsText(claims), key);
    // Not remembered as changed: the transaction may still be given up.
    this.#known.delete(key);
  }

  /** When the next open reservation expires. */
  firstDue(): number | null {
    return (this.#firstDue.get()?.name as number | undefined) ?? null;
  }

  /** The keys of up to `count` open reservations that have expired by `now`, the first ones first. */
  dueBy(now: number, count: number): readonly string[] {
    return this.#dueBy.all(now, count).map(({ key }) => key as string);
  }

  /** Until when the longest lease is open that was taken for a chain by `at`; null when none is. */
  leasedUntil(chain: string, at: number): number | null {
    return (this.#leasedUntil.get(...leasesOf(chain), at)?.until as number | null | undefined) ?? null;
  }

  /** Whether a lease that was taken for a chain has ended. */
  hasLeased(chain: string): boolean {
    return this.#hasLeased.get(...leasesOf(chain)) !== undefined;
  }

  #know(open: OpenRow): void {
    this.#known.set(open.reservation.key, open);
    if (this.#known.size <= maxKnown) return;
    const oldest = this.#known.keys().next().value;
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  #takeAsKnown(key: string, id: string): OpenRow | null {
    const known = this.#known.get(key);
    if (known === undefined || known.reservation.id !== id) return null;
    this.#known.delete(key);
    // Another process may have ended or extended it.
    return this.#takeKnown.run(key, id, known.reservation.expiresAt).changes === 0 ? null : known;
  }

  #takeUnknown(key: string, id: string): OpenRow | null {
    const row = this.#takeOpen.get(key, id);
    return row === undefined ? null : openRow(row);
  }
}

/** The bounds of the keys of a chain's leases. */
function leasesOf(chain: string): readonly [after: string, before: string] {
  const keys = leaseKeysOf(chain);
  // The ids that follow are below all that this is above.
  return [keys, `${keys}~`];
}

/** Reads an open reservation of its columns. */
export function openRow(row: Record<string, unknown>): OpenRow {
  return {
    reservation: {
      id: row.id as string,
      key: row.name as string,
      digest: row.digest as string,
      claims: readClaims(row.claims as string),
      expiresAt: row.until as number,
    },
    createdAt: row.at as number,
  };
}
