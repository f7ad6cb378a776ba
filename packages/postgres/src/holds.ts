import { type Claim, type Reservation, StorageFailed } from "@tollgate/core";
import { maxAmount, type Standing } from "@tollgate/core/driver";
import { compareBalances } from "./balance-order.ts";

/** A balance and how much is held there for all claims on it: budget, partition, window, unit, amount, claims. */
type StoredHold = readonly [string, string, string, string, string, number];

/** A claim: the index of its hold, amount, limit, soft, endsAt. */
type StoredClaim = readonly [number, string, string | null, boolean, number | null];

/**
 * What lets a hold in: the least limit (null where nothing does), the least hard limit, the least soft limit, the limit to show, whether
 * some claim has none, and when the window ends.
 */
type Terms = readonly [string | null, string | null, string | null, string | null, boolean, string | null];

/** A reservation as a row keeps it. */
export interface StoredReservation {
  readonly id: string;
  readonly due: number | string;
  readonly holds: readonly StoredHold[];
  readonly claims: readonly StoredClaim[];
}

/** Claims as they go to the database. */
export interface Holds {
  readonly holds: readonly StoredHold[];
  readonly claims: readonly StoredClaim[];
  readonly terms: readonly Terms[];
}

/** What is known of the claims on one balance. */
interface Group {
  readonly first: Claim;
  readonly places: number[];
}

/**
 * Sums claims up by balance, in the order in which balances are locked.
 *
 * @throws StorageFailed for claims that no balance could hold, or names that the database cannot keep.
 */
export function holdsOf(claims: readonly Claim[]): Holds {
  const groups: Group[] = [];
  for (const [place, claim] of claims.entries()) {
    const known = groups.find(({ first }) => compareBalances(first, claim) === 0);
    if (known !== undefined) known.places.push(place);
    else groups.push({ first: claim, places: [place] });
  }
  groups.sort((one, other) => compareBalances(one.first, other.first));
  const stored: StoredClaim[] = new Array(claims.length);
  const holds: StoredHold[] = [];
  const terms: Terms[] = [];
  for (const [index, { first, places }] of groups.entries()) {
    const own = places.map((place) => claims[place] as Claim);
    const { budget, partition, window, unit, endsAt } = first;
    for (const name of [budget, partition, window, unit]) checkText(name);
    for (const place of places) {
      const { amount, limit, soft, endsAt } = claims[place] as Claim;
      stored[place] = [index, String(amount), limit === null ? null : String(limit), soft, endsAt];
    }
    const total = own.reduce((sum, { amount }) => sum + amount, 0n);
    holds.push([budget, partition, window, unit, String(total > maxAmount ? 0n : total), places.length]);
    terms.push(total > maxAmount ? neverFits(own) : termsOf(own, endsAt));
  }
  return { holds, claims: stored, terms };
}

function termsOf(claims: readonly Claim[], endsAt: number | null): Terms {
  let hard: bigint | null = null;
  let soft: bigint | null = null;
  let shown: bigint | null = null;
  let unlimited = false;
  for (const { limit, soft: isSoft } of claims) {
    if (limit === null) {
      unlimited = true;
      continue;
    }
    shown = limit;
    if (isSoft) soft = soft === null || limit < soft ? limit : soft;
    else hard = hard === null || limit < hard ? limit : hard;
  }
  const least = hard === null ? (soft ?? maxAmount) : soft === null || hard < soft ? hard : soft;
  return [String(least), textOf(hard), textOf(soft), textOf(shown), unlimited, textOf(endsAt)];
}

/** Less than can stand on any balance: what was spent may be below 0. */
const belowAll = "-99999999999999999999";

/** The terms of claims that come to more than any limit: whatever stands there, they are refused. */
function neverFits(claims: readonly Claim[]): Terms {
  const without = claims.find(({ limit }) => limit === null);
  if (without !== undefined) {
    const { budget, unit } = without;
    throw new StorageFailed(
      `budget "${budget}" would come to more than 2^63 - 1 ${unit}; nothing was changed`,
    );
  }
  const [, , , shown] = termsOf(claims, null);
  const hard = claims.some(({ soft }) => !soft) ? belowAll : null;
  const soft = claims.some((claim) => claim.soft) ? belowAll : null;
  return [null, hard, soft, shown, false, null];
}

/** The claims of a reservation, as they were asked for. */
export function claimsOf({ holds, claims }: StoredReservation): readonly Claim[] {
  return claims.map(([index, amount, limit, soft, endsAt]) => {
    const [budget, partition, window, unit] = holds[index] as StoredHold;
    return {
      budget,
      partition,
      window,
      endsAt,
      unit,
      amount: BigInt(amount),
      limit: limit === null ? null : BigInt(limit),
      soft,
    };
  });
}

/** A reservation as its holder knows it. */
export function reservationOf(
  stored: StoredReservation,
  key: string,
  digest: string,
  expiresAt: number,
): Reservation {
  return { id: stored.id, key, digest, claims: claimsOf(stored), expiresAt };
}

/** What stands on each claim's balance, told by hold. */
export function byClaim<T>({ claims }: Pick<StoredReservation, "claims">, holds: readonly T[]): readonly T[] {
  return claims.map(([index]) => holds[index] as T);
}

/** Reads what the database tells of each hold's balance, as `{1,2}` and `{3,4}`. */
export function standingsOf(spent: string | null, held: string | null): readonly Standing[] {
  const heldList = listOf(held);
  return listOf(spent).map((amount, index) => ({
    spent: BigInt(amount),
    held: BigInt(heldList[index] as string),
  }));
}

/** The elements of an array of numbers as the database writes it. */
export function listOf(array: string | null): readonly string[] {
  return array === null || array === "{}" ? [] : array.slice(1, -1).split(",");
}

/** Whether the database can keep a text; none that it cannot is found in it. */
export function isKeepable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** @throws StorageFailed for a text that would not come back from the database as it is. */
export function checkText(text: string): void {
  if (isKeepable(text)) return;
  throw new StorageFailed(`PostgreSQL cannot keep the text ${JSON.stringify(text)}`);
}

function textOf(value: bigint | number | null): string | null {
  return value === null ? null : String(value);
}
