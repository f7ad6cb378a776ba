import type { Balance, Claim, Ledger, Reservation, ReserveRequest } from "@tollgate/core";
import fc from "fast-check";

/** Something done to a ledger; `pick` chooses among the reservations granted so far, ended ones included. */
export type Operation =
  | {
      readonly do: "reserve";
      readonly key: string;
      readonly digest: string;
      readonly claims: readonly Claim[];
      readonly expiresAt: number;
    }
  | { readonly do: "settle"; readonly pick: number; readonly amounts: Readonly<Record<string, bigint>> }
  | { readonly do: "release"; readonly pick: number }
  | { readonly do: "extend"; readonly pick: number; readonly expiresAt: number }
  | { readonly do: "expire"; readonly now: number };

/** What was really done, and the ledger's answer. */
export type Step = Done & {
  /** All balances before and after. */
  readonly before: readonly Balance[];
  readonly after: readonly Balance[];
  readonly nextExpiry: number | null;
};

/** An operation on a reservation that there is, with its answer. */
export type Done =
  | {
      readonly do: "reserve";
      readonly request: ReserveRequest;
      readonly answer: Awaited<ReturnType<Ledger["reserve"]>>;
    }
  | {
      readonly do: "settle";
      readonly reservation: Reservation;
      readonly amounts: Readonly<Record<string, bigint>>;
      readonly answer: Awaited<ReturnType<Ledger["settle"]>>;
    }
  | {
      readonly do: "release";
      readonly reservation: Reservation;
      readonly answer: Awaited<ReturnType<Ledger["release"]>>;
    }
  | {
      readonly do: "extend";
      readonly reservation: Reservation;
      readonly expiresAt: number;
      readonly answer: boolean;
    }
  | { readonly do: "expire"; readonly now: number; readonly answer: readonly Reservation[] };

/** No reservation in these histories expires later. */
export const latestExpiry = 40;

/** Far enough away that no ledger forgets the window as ended while a law runs. */
const farFuture = 4_102_444_800_000;
const windows = [
  { window: "total", endsAt: null },
  { window: "run:1", endsAt: null },
  { window: "2099-12-30T00:00:00Z", endsAt: farFuture - 86_400_000 },
  { window: "2099-12-31T00:00:00Z", endsAt: farFuture },
] as const;

// Few names and small numbers, so that operations meet each other and limits are reached.
const amount = fc.bigInt({ min: 0n, max: 8n });
const time = fc.integer({ min: 0, max: latestExpiry });
const pick = fc.nat(30);
const key = fc.constantFrom("k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8");
const digest = fc.constantFrom("d1", "d1", "d1", "d1", "d2");
const limit = fc.option(fc.bigInt({ min: 0n, max: 25n }), { freq: 6 });

const balance = fc.record({
  budget: fc.constantFrom("b1", "b2", "b3"),
  partition: fc.constantFrom("", "user=alice"),
  at: fc.constantFrom(...windows),
  unit: fc.constantFrom("usd", "tokens"),
});

function claimOf(limits: fc.Arbitrary<bigint | null>): fc.Arbitrary<Claim> {
  return fc
    .record({ balance, amount, limit: limits, soft: fc.boolean() })
    .map(({ balance: { at, ...rest }, ...claim }) => ({ ...rest, ...at, ...claim }));
}

function operationOf(limits: fc.Arbitrary<bigint | null>): fc.Arbitrary<Operation> {
  const amounts = fc
    .record({ usd: fc.bigInt({ min: 0n, max: 12n }), tokens: amount }, { requiredKeys: [] })
    .map((record) => ({ ...record }));
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("reserve" as const),
        key,
        digest,
        claims: fc.array(claimOf(limits), { maxLength: 3 }),
        expiresAt: time,
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("settle" as const), pick, amounts }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("release" as const), pick }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("extend" as const), pick, expiresAt: time }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("expire" as const), now: time }) },
  );
}

/**
 * Histories of interleaved operations: keys come again, limits change, reservations are ended twice, and the
 * time moves both ways.
 */
export const histories: fc.Arbitrary<readonly Operation[]> = fc.array(operationOf(limit), {
  minLength: 1,
  maxLength: 40,
});

/** Batches of operations that are under way together, all with the limit {@link batchLimit}. */
export const batches: fc.Arbitrary<readonly (readonly Operation[])[]> = fc.array(
  fc.array(operationOf(fc.constant(12n)), { minLength: 1, maxLength: 12 }),
  { minLength: 1, maxLength: 5 },
);

/** The limit of every balance in {@link batches}. */
export const batchLimit = 12n;

/** Does one operation; answers null when there is no reservation to do it to. `nth` makes the id. */
export async function perform(
  ledger: Ledger,
  operation: Operation,
  granted: readonly Reservation[],
  nth: number | string,
): Promise<Done | null> {
  if (operation.do === "reserve") {
    const { do: _, ...rest } = operation;
    const request = { id: `r${nth}`, ...rest };
    return { do: "reserve", request, answer: await ledger.reserve(request) };
  }
  if (operation.do === "expire") {
    const expired: Reservation[] = [];
    for await (const reservation of ledger.expire(operation.now)) expired.push(reservation);
    return { do: "expire", now: operation.now, answer: expired };
  }
  const reservation = granted[operation.pick % Math.max(1, granted.length)];
  if (reservation === undefined) return null;
  switch (operation.do) {
    case "settle": {
      const { amounts } = operation;
      const answer = await ledger.settle(reservation, amounts, "reported");
      return { do: "settle", reservation, amounts, answer };
    }
    case "release":
      return { do: "release", reservation, answer: await ledger.release(reservation, "no reason") };
    case "extend": {
      const { expiresAt } = operation;
      return { do: "extend", reservation, expiresAt, answer: await ledger.extend(reservation, expiresAt) };
    }
  }
}

/** Does the operations one after the other and writes down what happened. */
export async function play(ledger: Ledger, operations: readonly Operation[]): Promise<readonly Step[]> {
  const steps: Step[] = [];
  const granted: Reservation[] = [];
  let before = await sortedBalances(ledger);
  for (const [nth, operation] of operations.entries()) {
    const done = await perform(ledger, operation, granted, nth);
    if (done === null) continue;
    if (done.do === "reserve" && done.answer.status === "reserved") granted.push(done.answer.reservation);
    const after = await sortedBalances(ledger);
    steps.push({ ...done, before, after, nextExpiry: await ledger.nextExpiry() });
    before = after;
  }
  return steps;
}

/** All balances in a fixed order, whatever order the ledger likes. */
async function sortedBalances(ledger: Ledger): Promise<readonly Balance[]> {
  const nameOf = ({ budget, partition, window, unit }: Balance) => `${budget} ${partition} ${window} ${unit}`;
  return [...(await ledger.balances({}))].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
}
