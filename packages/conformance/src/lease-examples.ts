import type { Claim, Reservation, ReserveRequest } from "@tollgate/core";
import { type LeasedGrant, type LeasingLedger, leaseKeyPrefix } from "@tollgate/core/driver";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import { expect } from "vitest";
import type { MakeLeasingLedger } from "./lease-simulation.ts";
import { exampleRequest } from "./ledger-example-laws.ts";
import { type LedgerLaw, standing } from "./ledger-under-test.ts";

/** The contract of `record`, sentence by sentence. */
export function recordExamples(make: MakeLeasingLedger): readonly LedgerLaw[] {
  return Object.entries(laws).map(([rule, holds]) => ({
    rule,
    async check() {
      const clock = manualClock();
      const ledger = await make(clock);
      try {
        await holds(ledger, clock);
      } finally {
        await ledger.close?.();
      }
    },
  }));
}

const claim: Claim = {
  budget: "b",
  partition: "",
  window: "total",
  endsAt: null,
  unit: "usd",
  amount: 10n,
  limit: 100n,
  soft: false,
};

/** Takes a lease of 60 out of 100. */
async function takeLease(ledger: LeasingLedger, clock: ManualClock, amount = 60n): Promise<Reservation> {
  const id = `lease-${amount}`;
  const key = `${leaseKeyPrefix}${id}`;
  const expiresAt = clock.now() + 10_000;
  const answer = await ledger.reserve({
    id,
    key,
    digest: "lease",
    claims: [{ ...claim, amount, soft: true }],
    expiresAt,
  });
  if (answer.status !== "reserved") throw new Error(`the lease was not granted: ${answer.status}`);
  return answer.reservation;
}

function grantOf(name: string, lease: Reservation, clock: ManualClock, amount = 10n): LeasedGrant {
  const claims = [{ ...claim, amount }];
  const reservation = { id: name, key: `key ${name}`, digest: "d", claims, expiresAt: clock.now() + 1000 };
  return { reservation, leases: [{ id: lease.id, key: lease.key }], ending: null };
}

function settled(grant: LeasedGrant, amount: bigint): LeasedGrant {
  return { ...grant, ending: { outcome: "settled", amounts: { usd: amount }, source: "reported" } };
}

function released(grant: LeasedGrant): LeasedGrant {
  return { ...grant, ending: { outcome: "released", reason: "not sent" } };
}

async function sums(ledger: LeasingLedger): Promise<{ readonly spent: bigint; readonly held: bigint }> {
  return standing(await ledger.balances({}), claim);
}

async function told(ledger: LeasingLedger, now: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { id } of ledger.expire(now)) ids.push(id);
  return ids;
}

const laws: Readonly<Record<string, (ledger: LeasingLedger, clock: ManualClock) => Promise<void>>> = {
  async "a grant that is recorded moves its amount from its lease: what is held stays the same"(
    ledger,
    clock,
  ) {
    const lease = await takeLease(ledger, clock);
    const recorded = await ledger.record([grantOf("a", lease, clock), grantOf("b", lease, clock, 25n)]);
    expect(recorded).toMatchObject({ endings: [null, null], lost: [] });
    expect(await sums(ledger)).toEqual({ spent: 0n, held: 60n });
    expect(await ledger.release(lease, "given back")).toEqual({ status: "released" });
    expect(await sums(ledger)).toEqual({ spent: 0n, held: 35n });
  },

  async "a recorded grant is a reservation like any other"(ledger, clock) {
    const lease = await takeLease(ledger, clock);
    const [one, other] = [grantOf("a", lease, clock), grantOf("b", lease, clock)];
    await ledger.record([one, other]);
    const { id, key, digest, claims } = one.reservation;
    const again: ReserveRequest = { id: "another", key, digest, claims, expiresAt: clock.now() + 5 };
    expect(await ledger.reserve(again)).toMatchObject({
      status: "reserved",
      replayed: true,
      reservation: { id },
    });
    expect(await ledger.extend(one.reservation, clock.now() + 5000)).toBe(true);
    clock.advance(1001);
    expect(await told(ledger, clock.now())).toEqual([other.reservation.id]);
    expect(await ledger.settle(one.reservation, { usd: 3n }, "reported")).toMatchObject({
      status: "settled",
      late: false,
      charges: [{ actual: 3n, overage: 0n }],
    });
    expect(await sums(ledger)).toEqual({ spent: 3n, held: 40n });
    expect(await ledger.reserve(again)).toEqual({ status: "conflict", reason: "already_settled" });
  },

  async "a grant that has ended already is booked at once, with its overage, or given back"(ledger, clock) {
    const lease = await takeLease(ledger, clock);
    const { endings, balances } = await ledger.record([
      settled(grantOf("a", lease, clock), 4n),
      settled(grantOf("b", lease, clock), 17n),
      released(grantOf("c", lease, clock)),
    ]);
    expect(endings).toMatchObject([
      { status: "settled", late: false, charges: [{ actual: 4n, overage: 0n }] },
      { status: "settled", late: false, charges: [{ actual: 17n, overage: 7n }] },
      { status: "released" },
    ]);
    expect(await sums(ledger)).toEqual({ spent: 21n, held: 30n });
    expect(balances).toMatchObject([{ budget: "b", spent: 21n, held: 30n, limit: 100n }]);
    expect(await told(ledger, clock.now() + 5000)).toEqual([]);
  },

  async "what is recorded already is not done twice"(ledger, clock) {
    const lease = await takeLease(ledger, clock);
    const [one, other] = [grantOf("a", lease, clock), grantOf("b", lease, clock)];
    await ledger.record([one, settled(other, 4n)]);
    const again = await ledger.record([one, settled(other, 4n)]);
    expect(again).toMatchObject({ endings: [null, { status: "conflict", ended: "settled", late: false }] });
    expect(await sums(ledger)).toEqual({ spent: 4n, held: 50n });
    expect(await ledger.record([settled(one, 6n)])).toMatchObject({
      endings: [{ status: "settled", late: false }],
    });
    expect(await ledger.record([released(one)])).toMatchObject({
      endings: [{ status: "conflict", ended: "settled" }],
    });
    expect(await sums(ledger)).toEqual({ spent: 10n, held: 40n });
  },

  async "a grant out of a lease that is gone holds anew, whatever the limit, and tells that it is gone"(
    ledger,
    clock,
  ) {
    const lease = await takeLease(ledger, clock);
    await ledger.release(lease, "given back");
    const full = await ledger.reserve(exampleRequest("full", { ...claim, amount: 95n }));
    expect(full.status).toBe("reserved");
    const recorded = await ledger.record([
      grantOf("a", lease, clock),
      settled(grantOf("b", lease, clock), 4n),
    ]);
    expect(recorded).toMatchObject({ endings: [null, { status: "settled" }], lost: [lease.id] });
    expect(await sums(ledger)).toEqual({ spent: 4n, held: 105n });
  },

  async "a lease that holds too little for a grant counts as gone"(ledger, clock) {
    const lease = await takeLease(ledger, clock, 15n);
    const recorded = await ledger.record([grantOf("a", lease, clock, 20n)]);
    expect(recorded.lost).toEqual([lease.id]);
    expect(await sums(ledger)).toEqual({ spent: 0n, held: 35n });
    expect(await ledger.release(lease, "given back")).toEqual({ status: "released" });
    expect(await sums(ledger)).toEqual({ spent: 0n, held: 20n });
  },

  async "what is no lease, or one on another balance, is left as it is and counts as gone"(ledger, clock) {
    const foreign = await takeLease(ledger, clock);
    const calls = { ...claim, unit: "calls" };
    const two = await ledger.reserve(
      exampleRequest("two", { ...calls, amount: 50n }, { ...claim, amount: 20n }),
    );
    if (two.status !== "reserved") throw new Error("it was not granted");
    const grant = grantOf("a", foreign, clock);
    const onCalls = { ...grant.reservation, claims: [{ ...calls, amount: 10n }] };
    const outOfTwo = {
      ...grantOf("b", two.reservation, clock),
      reservation: { ...onCalls, id: "b", key: "key b" },
    };
    const recorded = await ledger.record([{ ...grant, reservation: onCalls }, outOfTwo]);
    expect([...recorded.lost].sort()).toEqual([foreign.id, two.reservation.id].sort());
    const balances = await ledger.balances({});
    expect(standing(balances, claim)).toEqual({ spent: 0n, held: 80n });
    expect(standing(balances, calls)).toEqual({ spent: 0n, held: 70n });
    await ledger.release(two.reservation, "not sent");
    await ledger.release(foreign, "given back");
    expect(standing(await ledger.balances({}), claim)).toEqual({ spent: 0n, held: 0n });
    expect(standing(await ledger.balances({}), calls)).toEqual({ spent: 0n, held: 20n });
  },

  async "an expired lease gives back what was not granted out of it, and nobody is told of it"(
    ledger,
    clock,
  ) {
    const lease = await takeLease(ledger, clock);
    const grant = grantOf("a", lease, clock);
    await ledger.record([grant]);
    await ledger.extend(grant.reservation, clock.now() + 60_000);
    clock.advance(10_001);
    expect(await told(ledger, clock.now())).toEqual([]);
    expect(await sums(ledger)).toEqual({ spent: 0n, held: 10n });
    expect(await ledger.extend(lease, clock.now() + 1000)).toBe(false);
  },

  async "an ending that comes after the grant expired is booked, and says that it is late"(ledger, clock) {
    const lease = await takeLease(ledger, clock);
    const grant = grantOf("a", lease, clock);
    await ledger.record([grant]);
    clock.advance(1001);
    expect(await told(ledger, clock.now())).toEqual([grant.reservation.id]);
    expect(await ledger.record([settled(grant, 8n)])).toMatchObject({
      endings: [{ status: "settled", late: true, charges: [{ actual: 8n }] }],
    });
    expect(await sums(ledger)).toEqual({ spent: 8n, held: 50n });
  },

  async "a key that stands for another reservation is left alone, and the rest is done"(ledger, clock) {
    const lease = await takeLease(ledger, clock);
    const first = grantOf("a", lease, clock);
    const other = { ...first, reservation: { ...first.reservation, id: "another" } };
    await ledger.record([first]);
    const recorded = await ledger.record([settled(other, 9n), settled(grantOf("b", lease, clock), 2n)]);
    expect(recorded.endings).toMatchObject([{ status: "conflict", ended: "unknown" }, { status: "settled" }]);
    expect(await sums(ledger)).toEqual({ spent: 2n, held: 50n });
  },

  async "a grant over several balances takes from a lease of each"(ledger, clock) {
    const lease = await takeLease(ledger, clock);
    const tokens = { ...claim, unit: "tokens", limit: null, amount: 500n };
    const second = { id: "l2", key: `${leaseKeyPrefix}l2`, digest: "lease", claims: [tokens] };
    await ledger.reserve({ ...second, expiresAt: clock.now() + 10_000 });
    const grant = grantOf("a", lease, clock);
    const both: LeasedGrant = {
      reservation: {
        ...grant.reservation,
        claims: [{ ...tokens, amount: 70n }, ...grant.reservation.claims],
      },
      leases: [{ id: "l2", key: second.key }, ...grant.leases],
      ending: { outcome: "settled", amounts: { tokens: 60n }, source: "reported" },
    };
    const { endings } = await ledger.record([both]);
    expect(endings).toMatchObject([{ charges: [{ actual: 60n }, { actual: 10n }] }]);
    const balances = await ledger.balances({});
    expect(standing(balances, tokens)).toEqual({ spent: 60n, held: 430n });
    expect(standing(balances, claim)).toEqual({ spent: 10n, held: 50n });
  },
};
