import type { Claim, Ledger, Reservation } from "@tollgate/core";
import { memoryLedger } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { ledgerLaws } from "../src/ledger-laws.ts";

/** A ledger that is right but for the methods given. */
function broken(right: Ledger, wrong: Partial<Ledger>): Ledger {
  return {
    reserve: (request) => right.reserve(request),
    settle: (reservation, amounts, source) => right.settle(reservation, amounts, source),
    release: (reservation, reason) => right.release(reservation, reason),
    extend: (reservation, expiresAt) => right.extend(reservation, expiresAt),
    expire: (now) => right.expire(now),
    nextExpiry: () => right.nextExpiry(),
    balances: (query) => right.balances(query),
    ...wrong,
  };
}

const unlimited = (claims: readonly Claim[]) => claims.map((claim) => ({ ...claim, limit: null }));

/** What goes wrong in ledgers, and a law that must notice. */
const faults: Readonly<Record<string, { readonly make: () => Ledger; readonly noticed: RegExp }>> = {
  "checks, then increments after an await": {
    noticed: /1,000 callers/,
    make: () => {
      const right = memoryLedger();
      return broken(right, {
        async reserve(request) {
          const tried = memoryLedger();
          for (const { held, spent, ...balance } of right.balances({})) {
            const amount = held + spent;
            const claims = [{ ...balance, amount, limit: null, soft: false }];
            tried.reserve({
              id: "x",
              key: JSON.stringify([balance.budget, balance.window]),
              digest: "",
              claims,
              expiresAt: 1,
            });
          }
          const answer = tried.reserve(request);
          await null;
          return answer.status === "reserved"
            ? right.reserve({ ...request, claims: unlimited(request.claims) })
            : answer;
        },
      });
    },
  },
  "lets a settled key through again": {
    noticed: /ended key is never granted again/,
    make: () => {
      const right = memoryLedger();
      return broken(right, {
        reserve(request) {
          const answer = right.reserve(request);
          if (answer.status !== "conflict" || answer.reason !== "already_settled") return answer;
          return right.reserve({ ...request, key: `${request.key}+${request.id}` });
        },
      });
    },
  },
  "lets a burned key through when there is money again": {
    noticed: /burned one stays refused|stays refused when the money is free/,
    make: () => {
      const right = memoryLedger();
      return broken(right, {
        reserve(request) {
          const soft = request.claims.map((claim) => ({ ...claim, soft: true }));
          const answer = right.reserve({ ...request, claims: soft });
          if (answer.status !== "refused") return answer;
          const exceeded = answer.exceeded.map((over) => ({
            ...over,
            claim: request.claims[soft.indexOf(over.claim)] ?? over.claim,
          }));
          return { ...answer, exceeded };
        },
      });
    },
  },
  "holds again for a replay": {
    noticed: /a key is granted once|of 50 callers at once with one key/,
    make: () => {
      const right = memoryLedger();
      return broken(right, {
        reserve(request) {
          const answer = right.reserve(request);
          if (answer.status !== "reserved" || !answer.replayed) return answer;
          return right.reserve({ ...request, key: `${request.key}+${request.id}` });
        },
      });
    },
  },
  "grants the claims one by one": {
    noticed: /all claims are granted or none/,
    make: () => {
      const right = memoryLedger();
      return broken(right, {
        reserve(request) {
          for (const [index, claim] of request.claims.entries()) {
            const part = {
              ...request,
              key: `${request.key}/${index}`,
              id: `${request.id}/${index}`,
              claims: [claim],
            };
            const answer = right.reserve(part);
            if (answer.status === "refused") return answer;
          }
          return right.reserve({ ...request, claims: [] });
        },
      });
    },
  },
  "books no more than was reserved": {
    noticed: /booked as overage/,
    make: () => {
      const right = memoryLedger();
      return broken(right, { settle: (reservation) => right.settle(reservation, {}) });
    },
  },
  "does not book what settles late": {
    noticed: /after expiry is booked/,
    make: () => {
      const right = memoryLedger();
      const expired = new Set<string>();
      return broken(right, {
        async *expire(now) {
          for await (const reservation of right.expire(now)) {
            expired.add(reservation.id);
            yield reservation;
          }
        },
        settle(reservation, amounts) {
          return expired.has(reservation.id)
            ? { status: "conflict", ended: "unknown" }
            : right.settle(reservation, amounts);
        },
      });
    },
  },
  "expires what two sweeps find in both": {
    noticed: /two sweeps at once/,
    make: () => {
      const right = memoryLedger();
      const found: Reservation[] = [];
      return broken(right, {
        async *expire(now) {
          for await (const reservation of right.expire(now)) found.push(reservation);
          await null;
          yield* found;
        },
      });
    },
  },
  "forgets to give back what is released": {
    noticed: /held is the sum/,
    make: () => {
      const right = memoryLedger();
      return broken(right, { release: () => ({ status: "released" }) });
    },
  },
  "expires a moment late": {
    noticed: /at exactly its time/,
    make: () => {
      const right = memoryLedger();
      return broken(right, { expire: (now) => right.expire(now - 1) });
    },
  },
  "keeps amounts in doubles": {
    noticed: /above 2\^53 are exact/,
    make: () => {
      const right = memoryLedger();
      return broken(right, {
        balances: (query) =>
          right.balances(query).map((balance) => ({ ...balance, held: BigInt(Number(balance.held)) })),
      });
    },
  },
  "books into the window of the day": {
    noticed: /reservation's own windows/,
    make: () => {
      const right = memoryLedger();
      return broken(right, {
        settle(reservation, amounts) {
          const claims = reservation.claims.map((claim) => ({
            ...claim,
            window: "total",
            endsAt: null,
            limit: null,
          }));
          const now = { ...reservation, claims, id: `${reservation.id}+`, key: `${reservation.key}+` };
          if (right.release(reservation).status !== "released") return right.settle(reservation, amounts);
          right.reserve(now);
          return right.settle(now, amounts);
        },
      });
    },
  },
};

describe("the ledger's laws", () => {
  it.each(Object.entries(faults))("notice a ledger that %s", async (_, { make, noticed }) => {
    // A history meets the rarest of these faults about once in 30: 100 histories missed it in 2 of 60 tries,
    // 2,000 cannot. A noticed fault ends its law at once, so the number costs nothing.
    const laws = ledgerLaws(make, { runs: 2000 }).filter(({ rule }) => noticed.test(rule));
    expect(laws.length).toBeGreaterThan(0);
    for (const { check } of laws) await expect(check()).rejects.toThrow();
  });

  it("pass for the ledger that is broken in nothing", async () => {
    for (const { check } of ledgerLaws(() => broken(memoryLedger(), {}), { runs: 5 })) await check();
  });
});
