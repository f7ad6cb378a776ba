import type { Ledger, Reservation, SettleResult } from "@tollgate/core";
import fc from "fast-check";
import { expect } from "vitest";
import { exampleRequest, mustGrant } from "./ledger-example-laws.ts";
import { sameBalance } from "./ledger-model.ts";
import { batches, batchLimit, type Done, type Operation, perform } from "./ledger-operations.ts";
import { type LedgerLaw, type MakeLedger, using } from "./ledger-under-test.ts";

/** The laws about callers that are under way together. */
export function concurrencyLaws(make: MakeLedger, numRuns: number): readonly LedgerLaw[] {
  const examples = Object.entries(laws).map(([rule, holds]) => ({ rule, check: () => using(make, holds) }));
  const overBatches = {
    rule: "operations under way together leave the limits kept, each key granted once, each end once",
    check: () =>
      fc.assert(
        fc.asyncProperty(batches, (list) => using(make, (ledger) => checkBatches(ledger, list))),
        { numRuns },
      ),
  };
  return [...examples, overBatches];
}

const laws: Readonly<Record<string, (ledger: Ledger) => Promise<void>>> = {
  async "of 1,000 callers at once exactly the 137 that fit are granted"(ledger) {
    // 6 short of a 138th.
    const limit = 137n * 7n + 6n;
    const callers = Array.from({ length: 1000 }, (_, index) => index);
    const answers = await Promise.all(
      callers.map(async (index) => ledger.reserve(exampleRequest(`k${index}`, { amount: 7n, limit }))),
    );
    expect(answers.filter(({ status }) => status === "reserved")).toHaveLength(137);
    expect(answers.filter(({ status }) => status === "refused")).toHaveLength(863);
    expect(await ledger.balances({})).toMatchObject([{ held: 137n * 7n, spent: 0n }]);
  },

  async "of 50 callers at once with one key one is granted and the rest hear of that grant"(ledger) {
    const callers = Array.from({ length: 50 }, (_, index) => index);
    const answers = await Promise.all(
      callers.map(async (index) => ledger.reserve({ ...exampleRequest("same"), id: `id-${index}` })),
    );
    const granted = answers.filter((answer) => answer.status === "reserved");
    expect(granted).toHaveLength(50);
    expect(granted.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(granted.map(({ reservation }) => reservation.id)).size).toBe(1);
    expect(await ledger.balances({})).toMatchObject([{ held: 10n }]);
  },

  async "of 50 callers at once that claim two budgets in either order no one is left with half"(ledger) {
    const callers = Array.from({ length: 50 }, (_, index) => index);
    const claims = [
      { budget: "b1", limit: 200n },
      { budget: "b2", limit: 70n },
    ];
    const answers = await Promise.all(
      callers.map(async (index) =>
        ledger.reserve(exampleRequest(`k${index}`, ...(index % 2 === 0 ? claims : [...claims].reverse()))),
      ),
    );
    expect(answers.filter(({ status }) => status === "reserved")).toHaveLength(7);
    for (const { held } of await ledger.balances({})) expect(held).toBe(70n);
  },

  async "of a settlement, a release and two sweeps at once one ends the reservation"(ledger) {
    for (let index = 0; index < 20; index++) {
      const reservation = await mustGrant(ledger, exampleRequest(`k${index}`, { limit: null }));
      const sweep = async () => {
        let found = 0;
        for await (const { id } of ledger.expire(1000)) if (id === reservation.id) found += 1;
        return found;
      };
      const contenders: readonly (() => Promise<number>)[] = [
        async () => endsOpen(await ledger.settle(reservation, { usd: 1n }, "reported")),
        async () => ((await ledger.release(reservation, "not sent")).status === "released" ? 1 : 0),
        sweep,
        sweep,
      ];
      // Each of them comes first in some round.
      const order = contenders.map((_, nth) => contenders[(nth + index) % contenders.length]);
      const ends = await Promise.all(order.map(async (contender) => contender?.()));
      expect(ends.reduce((sum = 0, count = 0) => sum + count, 0)).toBe(1);
    }
    for (const { held } of await ledger.balances({})) expect(held).toBe(0n);
  },
};

/** 1 when a settlement ended an open reservation: one that had expired is booked, but not ended again. */
function endsOpen(answer: SettleResult): number {
  return answer.status === "settled" && !answer.late ? 1 : 0;
}

async function checkBatches(ledger: Ledger, list: readonly (readonly Operation[])[]): Promise<void> {
  const granted: Reservation[] = [];
  const done: Done[] = [];
  for (const [round, operations] of list.entries()) {
    // What this batch grants can be settled from the next one on.
    const known = [...granted];
    const finished = await Promise.all(
      operations.map((operation, nth) => perform(ledger, operation, known, `${round}-${nth}`)),
    );
    for (const step of finished) {
      if (step === null) continue;
      done.push(step);
      if (step.do === "reserve" && step.answer.status === "reserved") granted.push(step.answer.reservation);
    }
    await checkStanding(ledger, done);
  }
}

/** Adds up all answers so far, in any order, and compares. */
async function checkStanding(ledger: Ledger, done: readonly Done[]): Promise<void> {
  const open = new Map<string, Reservation>();
  const keys = new Map<string, string>();
  for (const { do: what, answer, ...step } of done) {
    if (what !== "reserve" || answer.status !== "reserved" || !("request" in step)) continue;
    if (!answer.replayed) {
      expect(keys.has(step.request.key)).toBe(false);
      keys.set(step.request.key, answer.reservation.id);
      open.set(answer.reservation.id, answer.reservation);
    }
  }
  const charges = done.flatMap((step) =>
    step.do === "settle" && step.answer.status === "settled" ? step.answer.charges : [],
  );
  for (const step of done) {
    const ended =
      (step.do === "settle" && step.answer.status === "settled" && !step.answer.late) ||
      (step.do === "release" && step.answer.status === "released")
        ? [step.reservation.id]
        : step.do === "expire"
          ? step.answer.map(({ id }) => id)
          : [];
    for (const id of ended) expect(open.delete(id)).toBe(true);
  }
  for (const balance of await ledger.balances({})) {
    const own = charges.filter(({ claim }) => sameBalance(claim, balance));
    const held = [...open.values()]
      .flatMap(({ claims }) => claims)
      .filter((claim) => sameBalance(claim, balance));
    expect(balance.spent).toBe(own.reduce((sum, { actual }) => sum + actual, 0n));
    expect(balance.held).toBe(held.reduce((sum, { amount }) => sum + amount, 0n));
    const overage = own.reduce((sum, charge) => sum + charge.overage, 0n);
    expect(balance.spent + balance.held).toBeLessThanOrEqual(batchLimit + overage);
  }
}
