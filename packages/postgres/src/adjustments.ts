import { type Balance, StorageFailed } from "@tollgate/core";
import { type Adjustment, type AdjustmentQuery, type KeptAdjustment, readWhole } from "@tollgate/core/driver";
import type { Database, Row } from "./database.ts";
import { checkText } from "./holds.ts";
import { balanceOfRow } from "./ledger-rows.ts";
import type { StoreTime } from "./store-time.ts";

/** Adjusts what was spent, once for each id, and answers where the balance stands. */
export async function adjust(
  database: Database,
  time: StoreTime,
  { id, kind, budget, partition, window, unit, amount, by, reason }: Adjustment,
): Promise<Balance> {
  for (const text of [id, budget, partition, window, unit, by, reason]) checkText(text);
  if (kind !== "correction" && amount >= 0n) {
    throw new StorageFailed(`a ${kind} of ${amount} ${unit} is not below 0; nothing was changed`);
  }
  const { rows } = await database.ask({
    text: "SELECT * FROM tollgate.adjust($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    values: [id, kind, budget, partition, window, unit, time.now(), String(amount), by, reason],
    repeatable: true,
  });
  if (rows[0] !== undefined) {
    return balanceOfRow({ budget, partition, window_id: window, unit, ...rows[0] });
  }
  throw new StorageFailed(
    `the adjustment ${id} was made; its balance of budget "${budget}" in the window ${window} was forgotten since`,
  );
}

/** The newest adjustments first. */
export async function adjustments(
  database: Database,
  { budget, limit = 100 }: AdjustmentQuery,
): Promise<readonly KeptAdjustment[]> {
  readWhole(limit, "limit", 1);
  const { rows } = await database.ask({
    text: `SELECT * FROM tollgate.adjustments a
      WHERE $1::text IS NULL OR a.budget = $1 ORDER BY a.position DESC LIMIT $2`,
    values: [budget ?? null, limit],
    repeatable: true,
  });
  return rows.map(adjustmentOf);
}

function adjustmentOf(row: Row): KeptAdjustment {
  return {
    id: row.id ?? "",
    kind: row.kind as Adjustment["kind"],
    budget: row.budget ?? "",
    partition: row.partition ?? "",
    window: row.window_id ?? "",
    unit: row.unit ?? "",
    amount: BigInt(row.amount ?? ""),
    by: row.adjusted_by ?? "",
    reason: row.reason ?? "",
    adjustedAt: Number(row.adjusted_at),
  };
}
