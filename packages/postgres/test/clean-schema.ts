import type pg from "pg";

/** Empties every table of the schema, also those that only take new rows. */
export async function emptySchema(pool: pg.Pool): Promise<void> {
  await pool.query(`
    BEGIN;
    SET LOCAL session_replication_role = replica;
    -- In the order of everybody: something of the test before may still be going on.
    LOCK TABLE tollgate.looked_through, tollgate.reservations, tollgate.adjustments, tollgate.balances IN EXCLUSIVE MODE;
    DELETE FROM tollgate.balances;
    DELETE FROM tollgate.reservations;
    DELETE FROM tollgate.forgotten;
    DELETE FROM tollgate.forgotten_windows;
    DELETE FROM tollgate.adjustments;
    DELETE FROM tollgate.approvals;
    DELETE FROM tollgate.approval_steps;
    DELETE FROM tollgate.stops;
    DELETE FROM tollgate.shown_tokens;
    DELETE FROM tollgate.chains;
    DELETE FROM tollgate.receipts;
    UPDATE tollgate.looked_through SET until = -9007199254740991;
    COMMIT;
  `);
}
