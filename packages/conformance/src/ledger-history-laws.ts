import type { Awaitable, Balance, Claim, Ledger, Reservation } from "@tollgate/core";
import fc from "fast-check";
import { expect } from "vitest";
import { LedgerModel, sameBalance } from "./ledger-model.ts";
import { histories, latestExpiry, play, type Step } from "./ledger-operations.ts";
import { type LedgerLaw, type MakeLedger, standing, using } from "./ledger-under-test.ts";

/** The laws over histories of operations, one after the other. */
export function historyLaws(make: MakeLedger, numRuns: number): readonly LedgerLaw[] {
  return Object.entries(laws).map(([rule, holds]) => ({
    rule,
    check: () =>
      fc.assert(
        fc.asyncProperty(histories, (operations) =>
          using(make, async (ledger) => holds(await play(ledger, operations), ledger)),
        ),
        { numRuns },
      ),
  }));
}

const laws: Readonly<Record<string, (steps: readonly Step[], ledger: Ledger) => Awaitable<void>>> = {
  "after every grant, spent and held together are within the limit of each claim"(steps) {
    for (const step of steps) {
      if (step.do !== "reserve" || step.answer.status !== "reserved" || step.answer.replayed) continue;
      for (const claim of step.request.claims) {
        const { spent, held } = standing(step.after, claim);
        if (claim.limit !== null) expect(spent + held).toBeLessThanOrEqual(claim.limit);
      }
    }
  },

  "what is held is the sum of the open reservations' claims"(steps) {
    const open = new Map<string, Reservation>();
    for (const step of steps) {
      if (step.do === "reserve" && step.answer.status === "reserved") {
        open.set(step.answer.reservation.id, step.answer.reservation);
      }
      if (step.do === "settle" && step.answer.status === "settled") open.delete(step.reservation.id);
      if (step.do === "release" && step.answer.status === "released") open.delete(step.reservation.id);
      if (step.do === "expire") for (const { id } of step.answer) open.delete(id);
      const claims = [...open.values()].flatMap((reservation) => reservation.claims);
      for (const balance of step.after) {
        const own = claims.filter((claim) => sameBalance(claim, balance));
        expect(balance.held).toBe(own.reduce((sum, { amount }) => sum + amount, 0n));
      }
      // A balance that is missing holds nothing.
      for (const claim of claims) {
        if (claim.amount > 0n) expect(standing(step.after, claim).held).toBeGreaterThan(0n);
      }
    }
  },

  "a reservation ends exactly once; only an expired one may still settle, once"(steps) {
    const endings = new Map<string, string[]>();
    const end = (id: string, how: string) => endings.set(id, [...(endings.get(id) ?? []), how]);
    for (const step of steps) {
      if (step.do === "settle" && step.answer.status === "settled") end(step.reservation.id, "settled");
      if (step.do === "release" && step.answer.status === "released") end(step.reservation.id, "released");
      if (step.do === "expire") for (const { id } of step.answer) end(id, "expired");
    }
    for (const [id, how] of endings) {
      const told = `${id}: ${how.join(", ")}`;
      expect([`${id}: settled`, `${id}: released`, `${id}: expired`, `${id}: expired, settled`]).toContain(
        told,
      );
    }
  },

  "an ending that comes too late changes nothing"(steps) {
    for (const { before, after, ...step } of steps) {
      const refused = (step.do === "settle" || step.do === "release") && step.answer.status === "conflict";
      if (refused || step.do === "extend") expect(after).toEqual(before);
    }
  },

  "a key is granted once, and the same request is answered the same while it is open"(steps) {
    const grants = new Map<string, string>();
    for (const { before, after, ...step } of steps) {
      if (step.do !== "reserve" || step.answer.status !== "reserved") continue;
      const { reservation, replayed } = step.answer;
      const first = grants.get(step.request.key);
      expect(replayed).toBe(first !== undefined);
      if (first !== undefined) {
        expect(reservation.id).toBe(first);
        expect(reservation.digest).toBe(step.request.digest);
        expect(after).toEqual(before);
      }
      grants.set(step.request.key, reservation.id);
    }
  },

  "an ended key is never granted again, and a burned one stays refused"(steps) {
    const ended = new Set<string>();
    const burned = new Set<string>();
    for (const step of steps) {
      if (step.do === "reserve") {
        const { key } = step.request;
        if (ended.has(key)) expect(step.answer.status).toBe("conflict");
        if (burned.has(key)) expect(step.answer.status).not.toBe("reserved");
        const { answer } = step;
        if (answer.status === "refused" && answer.exceeded.every(({ claim }) => !claim.soft)) burned.add(key);
      }
      if (step.do === "settle" && step.answer.status === "settled") ended.add(step.reservation.key);
      if (step.do === "release" && step.answer.status === "released") ended.add(step.reservation.key);
      if (step.do === "expire") for (const { key } of step.answer) ended.add(key);
    }
  },

  "all claims are granted or none: a request that is not granted changes no balance"(steps) {
    for (const { before, after, ...step } of steps) {
      if (step.do !== "reserve") continue;
      const touched = step.answer.status === "reserved" && !step.answer.replayed ? step.request.claims : [];
      for (const balance of after) {
        const own = touched.filter((claim) => sameBalance(claim, balance));
        const old = before.find((other) => sameBalance(other, balance)) ?? { spent: 0n, held: 0n };
        expect(balance.spent).toBe(old.spent);
        expect(balance.held).toBe(own.reduce((sum, { amount }) => sum + amount, old.held));
      }
    }
  },

  "a settlement charges the reservation's own windows, and them alone, to the full actual amount"(steps) {
    for (const { before, after, ...step } of steps) {
      if (step.do !== "settle" || step.answer.status !== "settled") continue;
      const { claims } = step.reservation;
      expect(step.answer.charges.map(({ claim }) => claim)).toEqual(claims);
      for (const balance of after) {
        const own = claims.filter((claim) => sameBalance(claim, balance));
        const actual = own.map((claim) => step.amounts[claim.unit] ?? claim.amount);
        const old = before.find((other) => sameBalance(other, balance)) ?? { spent: 0n };
        expect(balance.spent).toBe(actual.reduce((sum, amount) => sum + amount, old.spent));
      }
    }
  },

  async "what callers that died held is free again once the last reservation has expired"(_, ledger) {
    for await (const _reservation of ledger.expire(latestExpiry));
    for (const { held } of await ledger.balances({})) expect(held).toBe(0n);
    expect(await ledger.nextExpiry()).toBe(null);
  },

  "the answers alone reproduce the balances"(steps) {
    const sums: (Pick<Balance, "budget" | "partition" | "window" | "unit"> & {
      spent: bigint;
      held: bigint;
    })[] = [];
    const at = (claim: Claim) => {
      let sum = sums.find((other) => sameBalance(other, claim));
      if (sum === undefined) {
        const { budget, partition, window, unit } = claim;
        sum = { budget, partition, window, unit, spent: 0n, held: 0n };
        sums.push(sum);
      }
      return sum;
    };
    const free = ({ claims }: Reservation) => {
      for (const claim of claims) at(claim).held -= claim.amount;
    };
    for (const step of steps) {
      if (step.do === "reserve" && step.answer.status === "reserved" && !step.answer.replayed) {
        for (const claim of step.answer.reservation.claims) at(claim).held += claim.amount;
      }
      if (step.do === "settle" && step.answer.status === "settled") {
        if (!step.answer.late) free(step.reservation);
        for (const { claim, actual } of step.answer.charges) at(claim).spent += actual;
      }
      if (step.do === "release" && step.answer.status === "released") free(step.reservation);
      if (step.do === "expire") for (const reservation of step.answer) free(reservation);
      for (const { spent, held, ...balance } of sums) {
        expect(standing(step.after, balance)).toEqual({ spent, held });
      }
      expect(step.after.length).toBeLessThanOrEqual(sums.length);
    }
  },

  "every answer is the one that a plain model gives"(steps) {
    const model = new LedgerModel();
    for (const step of steps) {
      switch (step.do) {
        case "reserve":
          expect(withoutLimits(step.answer)).toEqual(model.reserve(step.request));
          break;
        case "settle":
          expect(step.answer).toEqual(model.settle(step.reservation, step.amounts));
          break;
        case "release":
          expect(step.answer).toEqual(model.release(step.reservation));
          break;
        case "extend":
          expect(step.answer).toBe(model.extend(step.reservation, step.expiresAt));
          break;
        case "expire":
          expect(new Set(step.answer.map(({ id }) => id))).toEqual(model.expire(step.now));
      }
      expect(step.nextExpiry).toBe(model.nextExpiry());
    }
  },
};

/** A reserve's answer with no more of its balances than the model tells. */
function withoutLimits(answer: Extract<Step, { do: "reserve" }>["answer"]): unknown {
  if (answer.status !== "reserved") return answer;
  return { ...answer, balances: answer.balances.map(({ spent, held }) => ({ spent, held })) };
}
