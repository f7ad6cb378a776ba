import { InvalidConfig } from "@tollgate/core";
import { Database } from "./database.ts";
import type { PostgresPool } from "./pool.ts";

/** A month of receipts that was dropped. */
export interface DroppedReceipts {
  /** The partition's name: `receipts_2026_11`. */
  readonly partition: string;
  readonly receipts: number;
}

/** How long dropping one month may take. */
const timeoutMs = 300_000;

/**
 * Drops the receipts of whole months (in UTC) that had ended by `before`, oldest first, and answers which.
 *
 * What goes is always the beginning of a chain. Every `key` receipt and the last checkpoint of it are kept, and
 * `trimmed` of the log tells them and what the rest follows on. A month with the decision of a reservation that
 * has not ended stays, and all after it: dropping it throws. To be called by the role that owns the schema.
 *
 * @throws InvalidConfig when `before` is no time; StorageFailed when it cannot be done: what was dropped until then
 * is gone.
 */
export async function dropReceipts(
  pool: PostgresPool,
  { before }: { readonly before: Date },
): Promise<readonly DroppedReceipts[]> {
  if (Number.isNaN(before.getTime())) throw new InvalidConfig("before", "is no time");
  const database = new Database(pool, timeoutMs);
  const dropped: DroppedReceipts[] = [];
  for (;;) {
    const { rows } = await database.ask({
      text: "SELECT * FROM tollgate.drop_receipts($1)",
      values: [before.toISOString()],
      repeatable: false,
    });
    const [row] = rows;
    if (row?.name == null) return dropped;
    dropped.push({ partition: row.name, receipts: Number(row.receipts) });
  }
}
