import type { Aged } from "./age-list.ts";
import { type BalanceCell, balanceOf } from "./balance-book.ts";
import type { Due } from "./due-queue.ts";
import type { Claim, Ending, Reservation, ReserveResult } from "./ledger.ts";

/** One claim of a reservation and where it is held. */
export interface Hold {
  readonly claim: Claim;
  readonly cell: BalanceCell;
  /** The claim's amount when it was granted, out of reach of whoever has the claim. */
  readonly amount: bigint;
}

/** What a memory ledger keeps of a key that was granted. */
export interface GrantedEntry extends Due, Aged<ReservationEntry> {
  state: "open" | Ending;
  reservation: Reservation;
  /** True once it was settled after it had expired. */
  late: boolean;
  /** What is held, or (expired) may still be settled; empty otherwise. */
  holds: readonly Hold[];
}

/** What it keeps of a key that is burned. */
export interface RefusedEntry extends Aged<ReservationEntry> {
  readonly state: "refused";
  readonly key: string;
  readonly digest: string;
  /** The answer, now and later. */
  readonly refusal: Extract<ReserveResult, { status: "refused" }>;
}

/** What it keeps of one key. */
export type ReservationEntry = GrantedEntry | RefusedEntry;

/** The entry of a key that is granted now. */
export function grantedEntry(reservation: Reservation, holds: readonly Hold[]): GrantedEntry {
  const dueAt = reservation.expiresAt;
  return {
    state: "open",
    reservation,
    late: false,
    holds,
    dueAt,
    place: -1,
    older: null,
    newer: null,
    since: 0,
  };
}

/** The entry of a key that is burned now. */
export function refusedEntry(key: string, digest: string, refusal: RefusedEntry["refusal"]): RefusedEntry {
  return { state: "refused", key, digest, refusal, older: null, newer: null, since: 0 };
}

/** What a reserve is answered that was granted, now or (`replayed`) before. */
export function answerGranted(entry: GrantedEntry, replayed: boolean): ReserveResult {
  const balances = entry.holds.map(({ cell }) => balanceOf(cell));
  return { status: "reserved", reservation: entry.reservation, replayed, balances };
}

/** What a reserve is answered whose key was used before. */
export function answerAgain(entry: ReservationEntry, digest: string): ReserveResult {
  switch (entry.state) {
    case "open":
      if (entry.reservation.digest === digest) return answerGranted(entry, true);
      return { status: "conflict", reason: "digest_mismatch" };
    case "refused":
      if (entry.digest === digest) return entry.refusal;
      return { status: "conflict", reason: "digest_mismatch" };
    default:
      return { status: "conflict", reason: `already_${entry.state}` };
  }
}
