import type { StatementSync } from "node:sqlite";
import type { Claim, Expired, Receipt, UnrecordedEnding } from "@tollgate/core";
import { expiredText } from "./expired-text.ts";
import { findKeys } from "./find-keys.ts";
import type { OpenFile } from "./open-file.ts";
import type { EndedRow, ReservationRows } from "./reservation-rows.ts";
import { readSettled } from "./settled-text.ts";
import type { WatchRow, WatchRows } from "./watch-rows.ts";

/** How many reservations are looked at in one go. */
const stepRows = 32;

/**
 * Tells of endings that are booked and whose receipt is missing in this file, though their decision's is there: their
 * process died in between. And of decisions that were granted out of a lease which is over, by a process that died
 * before it told the ledger: they are entered as expired, so that whatever comes late finds them so.
 *
 * Each is told to one caller; if the receipt is still missing after some time, to another.
 */
export class MissingRecords {
  readonly #file: OpenFile;
  readonly #rows: ReservationRows;
  readonly #watch: WatchRows;
  readonly #recordWithinMs: number;
  readonly #decision: StatementSync;
  readonly #outcomes: StatementSync;

  constructor(file: OpenFile, rows: ReservationRows, watch: WatchRows, recordWithinMs: number) {
    this.#file = file;
    this.#rows = rows;
    this.#watch = watch;
    this.#recordWithinMs = recordWithinMs;
    this.#decision = file.database.prepare(
      "SELECT json FROM receipts WHERE hold = ? AND run IS NOT NULL ORDER BY position LIMIT 1",
    );
    this.#outcomes = file.database.prepare(
      "SELECT json ->> '$.body.outcome' AS outcome FROM receipts WHERE hold = ? AND run IS NULL",
    );
  }

  /** Some endings that are missing at `now`; none when all that are due were looked at. @throws StorageFailed */
  async next(now: number): Promise<readonly Expired[]> {
    for (;;) {
      const due = await this.#file.read(() => this.#watch.due(now, stepRows));
      if (due.length === 0) return [];
      const unnamed = due.flatMap(({ id, key }) => (key === null ? [id] : []));
      const others = await this.#file.read(() => unnamed.filter((id) => !this.#isKey(id)));
      const keys = await findKeys(this.#file, others);
      const ids = new Set(due.map(({ id }) => id));
      const told = await this.#file.write(() =>
        // Another process may have looked at some of them meanwhile: the keys of those that are due then were not found.
        this.#watch.due(now, stepRows).flatMap((row) => (ids.has(row.id) ? this.#look(row, keys, now) : [])),
      );
      if (told.length > 0) return told;
    }
  }

  #look({ id, key: known }: WatchRow, keys: ReadonlyMap<string, string>, now: number): readonly Expired[] {
    // What was granted out of a lease has its id for a key.
    const key = known ?? keys.get(id) ?? id;
    if (this.#rows.open(key)?.reservation.id === id) {
      this.#watch.add(id, key, now + this.#recordWithinMs);
      return [];
    }
    const decision = this.#decision.get(id)?.json;
    const ended = this.#rows.ended(key);
    if (ended === null && typeof decision === "string" && !this.#hasOutcome(id)) {
      return this.#enter(id, JSON.parse(decision), now);
    }
    if (ended?.id !== id || typeof decision !== "string" || this.#isRecorded(ended)) {
      this.#watch.drop(id);
      return [];
    }
    const missedAt = ended.at + this.#recordWithinMs;
    this.#watch.add(id, key, missedAt > now ? missedAt : now + this.#recordWithinMs);
    return missedAt > now ? [] : [expiredOf(key, ended, JSON.parse(decision))];
  }

  /** Enters a decision that the ledger does not know, if it was granted out of a lease that is over. */
  #enter(id: string, decision: Receipt, now: number): readonly Expired[] {
    const { chain, time } = decision.body;
    const until = this.#rows.leasedUntil(chain, Date.parse(time));
    if (until !== null) {
      this.#watch.add(id, null, Math.max(until, now) + this.#recordWithinMs);
      return [];
    }
    if (!this.#rows.hasLeased(chain)) {
      // Its budgets are kept elsewhere.
      this.#watch.drop(id);
      return [];
    }
    const ended = { id, state: "expired", at: now, data: null } as const;
    const reservation = expiredOf(id, ended, decision);
    this.#rows.end(id, { ...ended, data: expiredText({ reservation, createdAt: Date.parse(time) }) });
    this.#watch.add(id, id, now + this.#recordWithinMs);
    return [reservation];
  }

  /** Whether a reservation is found under its own id, as all are whose key nobody chose. */
  #isKey(id: string): boolean {
    return this.#rows.open(id)?.reservation.id === id || this.#rows.ended(id)?.id === id;
  }

  #hasOutcome(id: string): boolean {
    return this.#outcomes.get(id) !== undefined;
  }

  #isRecorded({ id, state }: EndedRow): boolean {
    if (state !== "late") return this.#hasOutcome(id);
    return this.#outcomes.all(id).some(({ outcome }) => outcome === "settled");
  }
}

/** Puts a reservation together again from what its decision's receipt says of it. */
function expiredOf(key: string, ended: EndedRow, { body }: Receipt): Expired {
  const { id, at } = ended;
  const isDecision = body.type === "decision";
  const claims = isDecision ? body.claims : [];
  const digest = isDecision ? (body.enforced ?? body.action.digest) : "";
  return { id, key, digest, claims: claims.map(toClaim), expiresAt: at, unrecorded: endingOf(ended) };
}

/** A receipt does not say when a window ends, nor what was its limit. */
function toClaim({
  amount,
  ...place
}: { readonly amount: string } & Omit<Claim, "amount" | "endsAt" | "limit" | "soft">): Claim {
  return { ...place, endsAt: null, amount: BigInt(amount), limit: null, soft: false };
}

function endingOf({ state, data }: EndedRow): UnrecordedEnding {
  switch (state) {
    case "settled":
      return readSettled(data ?? "");
    case "late":
      return { ...readSettled(data ?? ""), late: true };
    case "released":
      return { outcome: "released", amounts: [], ...(data === null ? {} : { reason: data }) };
    default:
      return { outcome: "expired", amounts: [] };
  }
}
