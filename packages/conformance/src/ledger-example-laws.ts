import type { Claim, Ledger, Reservation, ReserveRequest } from "@tollgate/core";
import { expect } from "vitest";
import { type LedgerLaw, type MakeLedger, using } from "./ledger-under-test.ts";
import { claim } from "./sample-claim.ts";

/** The largest amount a ledger can hold. */
const most = 2n ** 63n - 1n;

/** A request under its own id, with one claim unless told otherwise. */
export function exampleRequest(key: string, ...claims: Partial<Claim>[]): ReserveRequest {
  const made = (claims.length === 0 ? [{}] : claims).map(claim);
  return { id: `id-${key}`, key, digest: "d", claims: made, expiresAt: 1000 };
}

/** Reserves, and fails unless it is granted. */
export async function mustGrant(ledger: Ledger, request: ReserveRequest): Promise<Reservation> {
  const answer = await ledger.reserve(request);
  if (answer.status !== "reserved") throw new Error(`${request.key} was not granted: ${answer.status}`);
  return answer.reservation;
}

/** The laws that are clearest as an example each. */
export function exampleLaws(make: MakeLedger): readonly LedgerLaw[] {
  return Object.entries(laws).map(([rule, holds]) => ({ rule, check: () => using(make, holds) }));
}

const laws: Readonly<Record<string, (ledger: Ledger) => Promise<void>>> = {
  async "a claim that fits exactly is granted, and one more is refused"(ledger) {
    const answer = await ledger.reserve(exampleRequest("a", { amount: 100n }));
    expect(answer).toMatchObject({
      status: "reserved",
      replayed: false,
      balances: [{ held: 100n, limit: 100n }],
    });
    const refused = await ledger.reserve(exampleRequest("b", { amount: 1n }));
    expect(refused).toMatchObject({ status: "refused", exceeded: [{ spent: 0n, held: 100n }] });
  },

  async "a limit of 0 lets nothing through but 0"(ledger) {
    expect(await ledger.reserve(exampleRequest("a", { amount: 1n, limit: 0n }))).toMatchObject({
      status: "refused",
    });
    await mustGrant(ledger, exampleRequest("b", { amount: 0n, limit: 0n }));
  },

  async "claims on one balance add up within a request, whatever their order and limits"(ledger) {
    const two = [{ amount: 60n }, { amount: 50n }];
    expect(await ledger.reserve(exampleRequest("a", ...two))).toMatchObject({ status: "refused" });
    const lower = [{ amount: 60n }, { amount: 40n, limit: 99n }];
    expect(await ledger.reserve(exampleRequest("b", ...lower))).toMatchObject({ status: "refused" });
    expect(await ledger.reserve(exampleRequest("c", ...lower.reverse()))).toMatchObject({
      status: "refused",
    });
    await mustGrant(ledger, exampleRequest("d", { amount: 60n }, { amount: 40n }));
    expect(await ledger.balances({})).toMatchObject([{ held: 100n }]);
  },

  async "balances are apart by budget, partition, window and unit"(ledger) {
    const others = [{ budget: "c" }, { partition: "user=alice" }, { window: "run:1" }, { unit: "tokens" }];
    await mustGrant(ledger, exampleRequest("a", { amount: 100n }));
    for (const [index, other] of others.entries()) {
      await mustGrant(ledger, exampleRequest(`k${index}`, { amount: 100n, ...other }));
    }
    expect(await ledger.balances({})).toHaveLength(5);
    expect(await ledger.balances({ budget: "b" })).toHaveLength(4);
    expect(await ledger.balances({ budget: "b", partition: "" })).toHaveLength(3);
    expect(await ledger.balances({ window: "run:1" })).toHaveLength(1);
    expect(await ledger.balances({ budget: "nobody's" })).toEqual([]);
  },

  async "every request brings its own limit: a lower one refuses, a higher one lets more through"(ledger) {
    await mustGrant(ledger, exampleRequest("a", { amount: 50n }));
    expect(await ledger.reserve(exampleRequest("b", { limit: 59n }))).toMatchObject({ status: "refused" });
    const answer = await ledger.reserve(exampleRequest("c", { amount: 100n, limit: 150n }));
    expect(answer).toMatchObject({ status: "reserved", balances: [{ limit: 150n }] });
  },

  async "a claim without a limit is never refused, and leaves the balance's limit as it was"(ledger) {
    await mustGrant(ledger, exampleRequest("a", { amount: 100n }));
    await mustGrant(ledger, exampleRequest("b", { amount: 500n, limit: null }));
    expect(await ledger.balances({})).toMatchObject([{ held: 600n, limit: 100n }]);
    expect(await ledger.reserve(exampleRequest("c", { amount: 0n }))).toMatchObject({ status: "refused" });
  },

  async "a key refused by hard limits alone stays refused when the money is free again"(ledger) {
    const all = await mustGrant(ledger, exampleRequest("all", { amount: 100n }));
    const hard = exampleRequest("a", {}, { budget: "roomy", soft: true });
    const refusal = await ledger.reserve(hard);
    expect(refusal).toMatchObject({ status: "refused", exceeded: [{ held: 100n }] });
    await ledger.release(all, "not sent");
    expect(await ledger.reserve(hard)).toEqual(refusal);
    expect(await ledger.reserve({ ...hard, digest: "other" })).toEqual({
      status: "conflict",
      reason: "digest_mismatch",
    });
  },

  async "a key refused by a soft limit too may try again, with another action"(ledger) {
    const all = await mustGrant(ledger, exampleRequest("all", { amount: 100n }));
    const mixed = [{ soft: true }, { budget: "hard", limit: 9n }];
    expect(await ledger.reserve(exampleRequest("a", ...mixed))).toMatchObject({
      status: "refused",
      exceeded: [{ held: 100n }, { held: 0n }],
    });
    await ledger.release(all, "not sent");
    const degraded = mixed.map((claim) => ({ ...claim, amount: 9n }));
    await mustGrant(ledger, { ...exampleRequest("a", ...degraded), digest: "degraded" });
  },

  async "an actual amount above the reserved one is booked as overage and counts against the next"(ledger) {
    const reservation = await mustGrant(
      ledger,
      exampleRequest("a", { amount: 90n }, { budget: "c", unit: "tokens" }),
    );
    const answer = await ledger.settle(reservation, { usd: 120n, tokens: 10n, calls: 1n }, "reported");
    expect(answer).toMatchObject({
      status: "settled",
      late: false,
      charges: [
        { actual: 120n, overage: 30n },
        { actual: 10n, overage: 0n },
      ],
    });
    expect(await ledger.balances({ budget: "b" })).toMatchObject([{ spent: 120n, held: 0n }]);
    expect(await ledger.reserve(exampleRequest("b", { amount: 0n }))).toMatchObject({ status: "refused" });
  },

  async "a unit that a settlement does not name is booked as reserved"(ledger) {
    const reservation = await mustGrant(
      ledger,
      exampleRequest("a", {}, { budget: "c", unit: "constructor" }),
    );
    await ledger.settle(reservation, { usd: 3n }, "estimated");
    expect((await ledger.balances({})).map(({ spent }) => spent).sort()).toEqual([10n, 3n].sort());
  },

  async "a settlement after expiry is booked in full; what no longer fits is overage"(ledger) {
    const late = await mustGrant(ledger, exampleRequest("late", { amount: 60n }));
    for await (const _ of ledger.expire(1000));
    await mustGrant(ledger, exampleRequest("next", { amount: 70n }));
    const answer = await ledger.settle(late, { usd: 50n }, "reported");
    expect(answer).toMatchObject({ status: "settled", late: true, charges: [{ actual: 50n, overage: 20n }] });
    expect(await ledger.balances({})).toMatchObject([{ spent: 50n, held: 70n }]);
    expect(await ledger.settle(late, { usd: 50n }, "reported")).toEqual({
      status: "conflict",
      ended: "settled",
      late: true,
    });
  },

  async "a late settlement on a balance that is over its limit is overage in full, and no more"(ledger) {
    const late = await mustGrant(ledger, exampleRequest("late", { amount: 10n }));
    for await (const _ of ledger.expire(1000));
    const over = await mustGrant(ledger, exampleRequest("over", { amount: 100n }));
    await ledger.settle(over, { usd: 130n }, "reported");
    const answer = await ledger.settle(late, { usd: 10n }, "reported");
    expect(answer).toMatchObject({ late: true, charges: [{ actual: 10n, overage: 10n }] });
    expect(await ledger.balances({})).toMatchObject([{ spent: 140n, held: 0n }]);
  },

  async "a reservation expires at exactly its time, and an extended one at its new time"(ledger) {
    const reservation = await mustGrant(ledger, exampleRequest("a"));
    expect(await ledger.extend(reservation, 2000)).toBe(true);
    const expired: string[] = [];
    for await (const { id } of ledger.expire(1999)) expired.push(id);
    expect(expired).toEqual([]);
    for await (const { id } of ledger.expire(2000)) expired.push(id);
    expect(expired).toEqual(["id-a"]);
    // A clock that is set back brings nothing back.
    for await (const { id } of ledger.expire(1000)) expired.push(id);
    expect(expired).toEqual(["id-a"]);
    expect(await ledger.reserve(exampleRequest("a"))).toEqual({
      status: "conflict",
      reason: "already_expired",
    });
    expect(await ledger.release(reservation, "late")).toEqual({ status: "conflict", ended: "expired" });
    expect(await ledger.extend(reservation, 3000)).toBe(false);
  },

  async "a reservation that it does not know is answered unknown"(ledger) {
    const foreign = { ...exampleRequest("nobody's") };
    expect(await ledger.settle(foreign, {}, "reported")).toEqual({ status: "conflict", ended: "unknown" });
    expect(await ledger.release(foreign, "none")).toEqual({ status: "conflict", ended: "unknown" });
    expect(await ledger.extend(foreign, 5)).toBe(false);
  },

  async "amounts that are none, negative or beyond 2^63 - 1 fail, and change nothing"(ledger) {
    const reservation = await mustGrant(
      ledger,
      exampleRequest("a", { limit: null }, { budget: "c", unit: "tokens" }),
    );
    const before = await ledger.balances({});
    for (const usd of [-1n, most + 1n, 5 as unknown as bigint]) {
      await mustFail(() => ledger.settle(reservation, { tokens: 1n, usd }, "reported"));
    }
    for (const amount of [-1n, most + 1n]) {
      await mustFail(() => ledger.reserve(exampleRequest("b", { budget: "c" }, { amount, limit: null })));
    }
    // No limit makes it an amount that may be refused.
    await mustFail(() => ledger.reserve(exampleRequest("b", { amount: most + 1n })));
    await mustFail(() => ledger.reserve(exampleRequest("b", { limit: most + 1n })));
    // Together with what is held already it would not fit into 64 bits.
    await mustFail(() => ledger.reserve(exampleRequest("b", { amount: most, limit: null })));
    expect(await ledger.balances({})).toEqual(before);
    expect(await ledger.settle(reservation, { usd: most }, "reported")).toMatchObject({ status: "settled" });
    const next = await mustGrant(ledger, exampleRequest("b", { amount: 0n, limit: null }));
    await mustFail(() => ledger.settle(next, { usd: 1n }, "reported"));
    expect(await ledger.release(next, "not sent")).toEqual({ status: "released" });
  },

  async "amounts above 2^53 are exact"(ledger) {
    const large = 2n ** 62n + 1n;
    const reservation = await mustGrant(ledger, exampleRequest("a", { amount: large, limit: most }));
    expect(await ledger.balances({})).toMatchObject([{ held: large, limit: most }]);
    await ledger.settle(reservation, { usd: large - 2n }, "reported");
    expect(await ledger.balances({})).toMatchObject([{ spent: large - 2n, held: 0n }]);
  },

  async "a request without claims is granted, and its key only once"(ledger) {
    const request = { ...exampleRequest("a"), claims: [] };
    const reservation = await mustGrant(ledger, request);
    expect(await ledger.settle(reservation, { usd: 5n }, "reported")).toMatchObject({
      status: "settled",
      charges: [],
    });
    expect(await ledger.reserve(request)).toEqual({ status: "conflict", reason: "already_settled" });
  },
};

/** Fails unless `act` throws or rejects with StorageFailed. */
async function mustFail(act: () => unknown): Promise<void> {
  const outcome = await Promise.resolve()
    .then(act)
    .then(
      () => "it succeeded",
      (error: unknown) => (error as { code?: unknown }).code,
    );
  expect(outcome).toBe("storage_failed");
}
