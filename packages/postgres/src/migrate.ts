import { StorageFailed } from "@tollgate/core";
import { hearErrors, ignore, type PostgresClient, type PostgresPool } from "./pool.ts";
import { connectFailure, queryFailure } from "./query-failure.ts";
import { migrations } from "./schema/migrations.ts";
import { refuseNewer } from "./schema-check.ts";
import { refuseOlderServer } from "./server-version.ts";

const begin = `
BEGIN;
SET LOCAL lock_timeout = '30s';
SELECT pg_advisory_xact_lock(hashtextextended('tollgate.migrate', 0));
`;

const create = `
CREATE SCHEMA tollgate;
CREATE TABLE tollgate.migrations (
  version integer PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
`;

/**
 * Brings the schema `tollgate` up to what this package needs, in one transaction; does nothing when it is.
 *
 * Any number of processes may call it at once: one does it, the others wait. Where there is something to do the
 * role needs the right to create schemas; it owns what it makes, and should not be the application's (see the
 * README for that one's grants).
 *
 * @throws StorageFailed when the schema is newer than this package, the server older than PostgreSQL 14, or it cannot
 * be done; nothing is changed then.
 */
export async function migrate(pool: PostgresPool): Promise<void> {
  hearErrors(pool);
  const client = await pool.connect().catch((error: unknown) => {
    throw connectFailure(error);
  });
  client.on("error", ignore);
  let isDone = false;
  try {
    await apply(client);
    isDone = true;
  } catch (error) {
    throw error instanceof StorageFailed ? error : queryFailure(error);
  } finally {
    // Closing the connection rolls back what was begun.
    client.release(!isDone);
    client.off("error", ignore);
  }
}

async function apply(client: PostgresClient): Promise<void> {
  await refuseOlderServer(client);
  await client.query({ text: begin });
  const version = await versionOf(client);
  refuseNewer(version);
  if (version === 0) await client.query({ text: create });
  for (const migration of migrations.slice(version)) {
    await client.query({ text: migration.sql });
    await client.query({
      text: "INSERT INTO tollgate.migrations (version) VALUES ($1)",
      values: [migration.version],
    });
  }
  await client.query({ text: "SELECT tollgate.make_partitions()" });
  await client.query({ text: "COMMIT" });
}

/** The version that is there; 0 when there is none. */
async function versionOf(client: PostgresClient): Promise<number> {
  const { rows: found } = await client.query({
    text: "SELECT to_regclass('tollgate.migrations') IS NOT NULL AS is_there",
  });
  if (!(found[0] as { readonly is_there: boolean }).is_there) return 0;
  const { rows } = await client.query({
    text: "SELECT max(version)::text AS version FROM tollgate.migrations",
  });
  return Number((rows[0] as { readonly version: string }).version);
}
