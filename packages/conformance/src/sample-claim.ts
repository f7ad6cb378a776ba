import type { Claim } from "@tollgate/core";

/** A claim of 10 out of 100 on one balance for all time, unless told otherwise. */
export function claim(changes: Partial<Claim> = {}): Claim {
  return {
    budget: "b",
    partition: "",
    window: "total",
    endsAt: null,
    unit: "usd",
    amount: 10n,
    limit: 100n,
    soft: false,
    ...changes,
  };
}
