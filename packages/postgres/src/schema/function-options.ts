/**
 * How every function of the schema runs: with its owner's rights, so that the application needs none on the
 * tables; not misled by the caller's search path; by index, also where statistics are old; and not waiting for
 * a lock much longer than its caller waits for an answer.
 */
export const functionOptions = `SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET lock_timeout = '5s'`;

/** What is acknowledged is durable, whatever the role's or the database's default; lasts for the transaction. */
export const makeDurable = `IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;`;
