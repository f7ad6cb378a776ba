import type pg from "pg";

/** Makes the receipts of this month that `where` finds look as if they had been stored in a month long ago, such as 2020-01. */
export async function age(pool: pg.Pool, month: string, where: string): Promise<void> {
  const name = `receipts_${month.replace("-", "_")}`;
  await pool.query(`
    BEGIN;
    SET LOCAL session_replication_role = replica;
    CREATE TABLE tollgate.${name} PARTITION OF tollgate.receipts
      FOR VALUES FROM ('${month}-01T00:00:00Z') TO (TIMESTAMPTZ '${month}-01T00:00:00Z' + interval '31 days');
    UPDATE tollgate.receipts SET stored_at = '${month}-15' WHERE stored_at > '2021-01-01' AND (${where});
    COMMIT;
  `);
}
