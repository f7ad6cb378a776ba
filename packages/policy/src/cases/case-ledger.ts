import { type Claim, type Ledger, memoryLedger } from "@tollgate/core";
import { type PolicyCase, standOf } from "./policy-case.ts";

/** How long what is held in a case stays so: nothing expires while one action is decided. */
const longMs = 86_400_000;

/** A ledger in which the budgets that an action claims stand where its case says. */
export function caseLedger(each: PolicyCase): Ledger {
  const ledger = memoryLedger({ clock: { now: () => each.now } });
  const seeded = new Set<string>();
  const hold = (claim: Claim, amount: bigint, isSpent: boolean): void => {
    const id = `case-${seeded.size}-${isSpent}`;
    const claims = [{ ...claim, amount, limit: null, soft: true }];
    const held = ledger.reserve({ id, key: id, digest: id, claims, expiresAt: each.now + longMs });
    if (isSpent && held.status === "reserved") ledger.settle(held.reservation, { [claim.unit]: amount });
  };
  const seed = (claim: Claim): void => {
    const name = JSON.stringify([claim.budget, claim.partition, claim.window]);
    const stands = standOf(each, claim.budget);
    if (stands === undefined || seeded.has(name)) return;
    seeded.add(name);
    if (stands.spent > 0n) hold(claim, stands.spent, true);
    if (stands.held > 0n) hold(claim, stands.held, false);
  };
  return {
    reserve(request) {
      request.claims.forEach(seed);
      return ledger.reserve(request);
    },
    settle: (reservation, amounts) => ledger.settle(reservation, amounts),
    release: (reservation) => ledger.release(reservation),
    extend: (reservation, expiresAt) => ledger.extend(reservation, expiresAt),
    expire: (now) => ledger.expire(now),
    nextExpiry: () => null,
    balances: (query) => ledger.balances(query),
  };
}
