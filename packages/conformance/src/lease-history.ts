import type { Claim } from "@tollgate/core";
import fc from "fast-check";

/** What a process asks of the shared ledger that can fail. */
export type FailingCall = "record" | "reserve" | "release" | "extend";

/** Something that one of several processes does, or that happens to it. */
export type LeaseStep =
  | {
      readonly do: "reserve";
      readonly at: number;
      readonly cells: readonly number[];
      readonly amount: bigint;
    }
  | { readonly do: "settle" | "release"; readonly at: number; readonly pick: number; readonly part: bigint }
  /** What is asked next fails: before it is done, or its answer is lost. */
  | { readonly do: "fail"; readonly at: number; readonly asked: FailingCall; readonly isDone: boolean }
  | { readonly do: "crash"; readonly at: number }
  | { readonly do: "pass"; readonly ms: number };

/** How many processes there are. */
export const processes: number = 3;

/** The limits of the balances that are claimed, by their places. */
export const limits: readonly bigint[] = [60n, 200n, 1000n];
const at = fc.nat(processes - 1);
const step: fc.Arbitrary<LeaseStep> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("reserve" as const),
      at,
      cells: fc.uniqueArray(fc.nat(limits.length - 1), { minLength: 1, maxLength: 2 }),
      amount: fc.bigInt({ min: 0n, max: 12n }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("settle" as const, "settle" as const, "release" as const),
      at,
      pick: fc.nat(20),
      part: fc.bigInt({ min: 0n, max: 4n }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("fail" as const),
      at,
      asked: fc.constantFrom<FailingCall>("record", "record", "reserve", "release", "extend"),
      isDone: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const), at }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 60 }) }),
  },
);

/** Groups of steps: those of one group are under way together. */
export const leaseHistories: fc.Arbitrary<readonly (readonly LeaseStep[])[]> = fc.array(
  fc.array(step, { minLength: 1, maxLength: 8 }),
  { minLength: 1, maxLength: 12 },
);

/** A claim on the balance at a place. */
export function claimOf(cell: number, amount: bigint): Claim {
  return {
    budget: `b${cell}`,
    partition: "",
    window: "total",
    endsAt: null,
    unit: "units",
    amount,
    limit: limits[cell] ?? 0n,
    soft: false,
  };
}
