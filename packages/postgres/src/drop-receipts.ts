import { InvalidConfig } from "@tollgate/core";
import { readObject, readTime } from "@tollgate/core/driver";
import { Database } from "./database.ts";
import type { PostgresPool } from "./pool.ts";

/** A month of receipts that was dropped. */
export interface DroppedReceipts {
  /** The partition's name: `receipts_2026_11`. */
  readonly partition: string;
  /** How many receipts are gone with it; the others of it were kept. */
  readonly receipts: number;
}

/** How long dropping one month may take. */
const timeoutMs = 300_000;

/**
 * Drops the receipts of whole months (in UTC) that had ended by `before`, oldest first, and answers which.
 *
 * Of each chain goes what stands before its last checkpoint in them, but for its `key` receipts: what is left still
 * verifies, as a trimmed chain. A chain without a checkpoint stays whole (turn `checkpoints` of its gate on), and a
 * decision whose reservation has not ended stays with all that comes after it. Appends and reads wait for the moment
 * in which a month goes; who is reading just then may miss some. To be called by the role that owns the schema.
 *
 * @throws InvalidConfig when `before` is no time; StorageFailed when it cannot be done: what was dropped until then
 * is gone.
 */
export async function dropReceipts(
  pool: PostgresPool,
  options: { readonly before: Date | string | number },
): Promise<readonly DroppedReceipts[]> {
  readObject(options, "options", ["before"]);
  const before = readTime(options.before, "before");
  if (before === undefined) throw new InvalidConfig("before", "say which receipts are old enough to go");
  const database = new Database(pool, timeoutMs);
  const dropped: DroppedReceipts[] = [];
  for (;;) {
    const { rows } = await database.ask({
      text: "SELECT * FROM tollgate.drop_receipts($1)",
      values: [new Date(before).toISOString()],
      repeatable: false,
    });
    const [row] = rows;
    if (row?.name == null) return dropped;
    dropped.push({ partition: row.name, receipts: Number(row.receipts) });
  }
}
