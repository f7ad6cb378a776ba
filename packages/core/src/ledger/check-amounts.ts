import { type Amounts, maxAmount } from "../action/amounts.ts";
import { isAmount } from "../action/is-amount.ts";
import { StorageFailed } from "../errors.ts";
import type { Claim, Exceeded, ReserveRequest } from "./ledger.ts";
import type { Hold } from "./reservation-entry.ts";

/** What stands on one balance. */
export interface Standing {
  readonly spent: bigint;
  readonly held: bigint;
}

/** @throws StorageFailed when a request cannot be kept as it is. */
export function checkRequest({ claims, expiresAt }: ReserveRequest): void {
  checkExpiry(expiresAt);
  for (const { budget, unit, amount, limit } of claims) {
    if (!isAmount(amount)) fail(`budget "${budget}" cannot hold ${String(amount)} ${unit}`);
    if (limit !== null && !isAmount(limit)) fail(`budget "${budget}" cannot have the limit ${String(limit)}`);
  }
}

/** @throws StorageFailed when a reservation could never expire. */
export function checkExpiry(expiresAt: number): void {
  if (!Number.isFinite(expiresAt)) fail(`a reservation cannot expire at ${expiresAt}`);
}

/**
 * The limits that a request does not fit into, in the order of its claims; `balances` holds what stands on
 * each claim's balance, null where there is none yet.
 *
 * Claims on one balance count together for each of them, so that their order does not matter.
 *
 * @throws StorageFailed when a balance without a limit would grow beyond 2^63 - 1.
 */
export function findExceeded(
  claims: readonly Claim[],
  balances: readonly (Standing | null)[],
): readonly Exceeded[] {
  let exceeded: Exceeded[] | null = null;
  for (let index = 0; index < claims.length; index++) {
    const claim = claims[index] as Claim;
    const spent = balances[index]?.spent ?? 0n;
    const held = balances[index]?.held ?? 0n;
    let total = spent + held + claim.amount;
    for (let other = 0; other < claims.length; other++) {
      const second = claims[other] as Claim;
      if (other !== index && isSameBalance(claim, second)) total += second.amount;
    }
    if (claim.limit === null) {
      if (total > maxAmount) fail(`budget "${claim.budget}" would come to more than 2^63 - 1 ${claim.unit}`);
    } else if (total > claim.limit) {
      exceeded ??= [];
      exceeded.push({ claim, spent, held });
    }
  }
  return exceeded ?? none;
}

/**
 * What to book for each hold: its unit's amount, or what was held where `amounts` lacks the unit.
 *
 * @throws StorageFailed when an amount is none, or a balance's spending would come to more than 2^63 - 1.
 */
export function readActuals(holds: readonly Hold[], amounts: Amounts): readonly bigint[] {
  const actuals = holds.map(({ cell, amount }) => {
    const { unit } = cell.shelf.home;
    // A unit may be named like a member of every object ("constructor").
    const actual = Object.hasOwn(amounts, unit) ? amounts[unit] : amount;
    if (!isAmount(actual)) fail(`cannot book ${String(actual)} ${unit}`);
    return actual;
  });
  for (const { cell } of holds) {
    const { budget, unit } = cell.shelf.home;
    let total = cell.spent;
    for (let other = 0; other < holds.length; other++) {
      if (holds[other]?.cell === cell) total += actuals[other] ?? 0n;
    }
    if (total > maxAmount) fail(`budget "${budget}" would come to more than 2^63 - 1 ${unit} spent`);
  }
  return actuals;
}

const none: readonly Exceeded[] = Object.freeze([]);

function isSameBalance(one: Claim, other: Claim): boolean {
  return (
    one.budget === other.budget &&
    one.partition === other.partition &&
    one.window === other.window &&
    one.unit === other.unit
  );
}

function fail(problem: string): never {
  throw new StorageFailed(`${problem}; nothing was changed`);
}
