import type { Claim } from "@tollgate/core";

/** A claim as it is stored: amounts as decimal digits, as JSON has no 64-bit integers. */
type StoredClaim = readonly [
  budget: string,
  partition: string,
  window: string,
  endsAt: number | null,
  unit: string,
  amount: string,
  limit: string | null,
  soft: 0 | 1,
];

/** Writes claims as JSON. */
export function claimsText(claims: readonly Claim[]): string {
  return JSON.stringify(claims.map(toStored));
}

/** Reads what {@link claimsText} wrote. */
export function readClaims(text: string): readonly Claim[] {
  const stored: readonly StoredClaim[] = JSON.parse(text);
  return stored.map(toClaim);
}

function toStored({ budget, partition, window, endsAt, unit, amount, limit, soft }: Claim): StoredClaim {
  return [
    budget,
    partition,
    window,
    endsAt,
    unit,
    String(amount),
    limit === null ? null : String(limit),
    soft ? 1 : 0,
  ];
}

function toClaim([budget, partition, window, endsAt, unit, amount, limit, soft]: StoredClaim): Claim {
  return {
    budget,
    partition,
    window,
    endsAt,
    unit,
    amount: BigInt(amount),
    limit: limit === null ? null : BigInt(limit),
    soft: soft === 1,
  };
}
