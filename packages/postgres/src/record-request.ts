import type { Claim } from "@tollgate/core";
import { checkRequest, type LeasedGrant } from "@tollgate/core/driver";
import type { BalanceKey } from "./balance-order.ts";
import { sentAmounts, sentReason } from "./end-answers.ts";
import { checkText, holdsOf } from "./holds.ts";
import type { StoreTime } from "./store-time.ts";

/** A balance: budget, partition, window, unit, endsAt, limit. */
type SentBalance = readonly [string, string, string, string, number | null, string | null];

/** Grants as they go to `tollgate.record`. */
export interface SentGrants {
  /** As they were given. */
  readonly grants: readonly LeasedGrant[];
  /** Those that were sent, one for each key; with the ending where a later one of the same id has it. */
  readonly sent: readonly LeasedGrant[];
  /** Which of the sent each given one is; null where its key was sent with another id. */
  readonly places: readonly (number | null)[];
  readonly leaseIds: readonly string[];
  readonly values: unknown[];
}

/**
 * Lays grants out in columns: names of balances and leases once each, and claims by their places.
 *
 * @throws StorageFailed for what no balance could hold or the database cannot keep.
 */
export function sentGrants(grants: readonly LeasedGrant[], time: StoreTime): SentGrants {
  const { sent, places } = onceEach(grants);
  const balances = new Places<SentBalance>();
  const leases = new Places<LeasedGrant["leases"][number]>();
  const claims = {
    of: [] as number[],
    balance: [] as number[],
    lease: [] as (number | null)[],
    held: [] as string[],
    actual: [] as string[],
  };
  const rows = sent.map(({ reservation, leases: takenFrom, ending }, index) => {
    for (const text of [reservation.id, reservation.key, reservation.digest]) checkText(text);
    checkRequest(reservation);
    const holds = holdsOf(reservation.claims);
    const booked = ending?.outcome === "settled" ? sentAmounts(reservation.claims, ending.amounts) : null;
    for (const [nth, claim] of reservation.claims.entries()) {
      const lease = takenFrom[nth];
      claims.of.push(index + 1);
      claims.balance.push(balances.of(nameOf(claim), () => balanceOf(claim)));
      claims.lease.push(lease === undefined ? null : leases.of(`${lease.id}\n${lease.key}`, () => lease));
      claims.held.push(String(claim.amount));
      claims.actual.push(
        booked !== null && Object.hasOwn(booked, claim.unit)
          ? (booked[claim.unit] ?? "")
          : String(claim.amount),
      );
    }
    return { reservation, holds, outcome: ending?.outcome ?? null, details: detailsOf(ending, booked) };
  });
  const [now, sinceZero] = time.until(0);
  return {
    grants,
    sent,
    places,
    leaseIds: leases.values.map(({ id }) => id),
    values: [
      now,
      rows.map(({ reservation }) => reservation.key),
      rows.map(({ reservation }) => reservation.id),
      rows.map(({ reservation }) => reservation.digest),
      rows.map(({ reservation }) => String(Math.ceil(reservation.expiresAt) + Number(sinceZero))),
      rows.map(({ outcome }) => outcome),
      rows.map(({ details }) => details),
      rows.map(({ holds }) => JSON.stringify(holds.holds)),
      rows.map(({ holds }) => JSON.stringify(holds.claims)),
      leases.values.map(({ key }) => key),
      leases.values.map(({ id }) => id),
      claims.of,
      claims.balance,
      claims.lease,
      claims.held,
      claims.actual,
      JSON.stringify(balances.values),
    ],
  };
}

/** Each key once; a grant that is given again brings its ending. */
function onceEach(grants: readonly LeasedGrant[]): Pick<SentGrants, "sent" | "places"> {
  const sent: LeasedGrant[] = [];
  const byKey = new Map<string, number>();
  const places = grants.map((grant) => {
    const known = byKey.get(grant.reservation.key);
    if (known === undefined) {
      byKey.set(grant.reservation.key, sent.length);
      return sent.push(grant) - 1;
    }
    const first = sent[known] as LeasedGrant;
    if (first.reservation.id !== grant.reservation.id) return null;
    if (first.ending === null) sent[known] = { ...first, ending: grant.ending };
    return known;
  });
  return { sent, places };
}

/** Values in the order in which they first came, each with its place from 1. */
class Places<Value> {
  readonly values: Value[] = [];
  readonly #places = new Map<string, number>();

  of(name: string, value: () => Value): number {
    let place = this.#places.get(name);
    if (place === undefined) {
      place = this.values.push(value());
      this.#places.set(name, place);
    }
    return place;
  }
}

/** What tells a balance from all others. */
export function nameOf({ budget, partition, window, unit }: BalanceKey): string {
  return JSON.stringify([budget, partition, window, unit]);
}

function balanceOf({ budget, partition, window, unit, endsAt, limit }: Claim): SentBalance {
  return [budget, partition, window, unit, endsAt, limit === null ? null : String(limit)];
}

/** How it ended, as a row of reservations keeps it. */
function detailsOf(
  ending: LeasedGrant["ending"],
  booked: Readonly<Record<string, string>> | null,
): string | null {
  if (ending === null) return null;
  if (ending.outcome === "released") return JSON.stringify({ reason: sentReason(ending.reason) });
  return JSON.stringify({ amounts: booked, source: ending.source });
}
