import type { Balance, Claim, ReserveConflict, ReserveRequest, ReserveResult } from "@tollgate/core";
import { StorageFailed } from "@tollgate/core";
import { findExceeded, type Standing } from "@tollgate/core/driver";
import type { Answer } from "./database.ts";
import {
  byClaim,
  claimsOf,
  type Holds,
  listOf,
  reservationOf,
  type StoredReservation,
  standingsOf,
} from "./holds.ts";
import { balanceOfClaim, readStored } from "./ledger-rows.ts";
import type { StoreTime } from "./store-time.ts";

const conflicts: ReadonlySet<string> = new Set<ReserveConflict>([
  "digest_mismatch",
  "already_settled",
  "already_released",
  "already_expired",
  "forgotten",
]);

/** Reads what `tollgate.reserve` answered to a request whose claims went there as `sent`. */
export function reserveResult(
  request: ReserveRequest,
  sent: Holds,
  { rows: [row], isRepeat }: Answer,
  time: StoreTime,
): ReserveResult {
  const { id, key, digest, claims, expiresAt } = request;
  const answer = row?.answer ?? "";
  if (isConflict(answer)) return { status: "conflict", reason: answer };
  const standings = standingsOf(row?.spent ?? null, row?.held ?? null);
  const limits = listOf(row?.limits ?? null);
  switch (answer) {
    case "reserved":
      return {
        status: "reserved",
        reservation: { id, key, digest, claims, expiresAt },
        replayed: false,
        balances: balancesOf(claims, sent, standings, limits),
      };
    case "replayed": {
      const kept = readStored(row?.kept);
      const due = time.toCaller(String(kept.due), row?.now_at ?? "");
      const reservation = reservationOf(kept, key, digest, due);
      return {
        status: "reserved",
        reservation,
        // What a try whose answer was lost granted to this very request is its own.
        replayed: !(isRepeat && kept.id === id),
        balances: balancesOf(reservation.claims, kept, standings, limits),
      };
    }
    case "refused": {
      if (row?.kept == null) {
        return { status: "refused", exceeded: findExceeded(claims, byClaim(sent, standings)) };
      }
      const kept = readStored(row.kept);
      return { status: "refused", exceeded: findExceeded(claimsOf(kept), byClaim(kept, standings)) };
    }
    default:
      throw new StorageFailed(`PostgreSQL answered "${answer}" to reserve`);
  }
}

function isConflict(answer: string): answer is ReserveConflict {
  return conflicts.has(answer);
}

function balancesOf(
  claims: readonly Claim[],
  indexes: Pick<StoredReservation, "claims">,
  standings: readonly Standing[],
  limits: readonly string[],
): readonly Balance[] {
  const limitOf = byClaim(indexes, limits);
  const standingOf = byClaim(indexes, standings);
  return claims.map((claim, place) =>
    balanceOfClaim(claim, limitOf[place], standingOf[place] ?? { spent: 0n, held: 0n }),
  );
}
