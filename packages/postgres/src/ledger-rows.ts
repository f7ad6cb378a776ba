import type { Balance, Claim } from "@tollgate/core";
import type { Standing } from "@tollgate/core/driver";
import type { Row } from "./database.ts";
import type { StoredReservation } from "./holds.ts";

/** A reservation as the schema's functions tell it. */
export function readStored(kept: string | null | undefined): StoredReservation {
  return JSON.parse(kept ?? "") as StoredReservation;
}

/** A row of `tollgate.balances`. */
export function balanceOfRow(row: Row): Balance {
  return {
    budget: row.budget ?? "",
    partition: row.partition ?? "",
    window: row.window_id ?? "",
    endsAt: row.ends_at == null ? null : Number(row.ends_at),
    unit: row.unit ?? "",
    limit: row.limit_amount == null ? null : BigInt(row.limit_amount),
    spent: BigInt(row.spent ?? ""),
    held: BigInt(row.held ?? ""),
  };
}

/** The balance of a claim, as it stands; `limit` as an array of the database's has it. */
export function balanceOfClaim(claim: Claim, limit: string | undefined, standing: Standing): Balance {
  const { budget, partition, window, endsAt, unit } = claim;
  const { spent, held } = standing;
  return {
    budget,
    partition,
    window,
    endsAt,
    unit,
    limit: limit === undefined || limit === "NULL" ? null : BigInt(limit),
    spent,
    held,
  };
}
