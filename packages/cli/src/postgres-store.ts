import { CliError, isTollgateError } from "./cli-error.ts";
import type { StoreWork } from "./open-store.ts";
import { optionalPackage } from "./optional-package.ts";
import type { PostgresName } from "./store-name.ts";

/** How long the database may take for an answer; longer than for a gate, as nobody's call waits. */
const timeoutMs = 10_000;

/** How long it may take to let somebody in. */
const connectMs = 4000;

/** Opens the store in a PostgreSQL database, does `work` with it, and closes it. */
export function withPostgres<Result>(name: PostgresName, work: StoreWork<Result>): Promise<Result> {
  return withPool(name, async ({ postgres, pool }) => {
    const ledger = postgres.postgresLedger(pool, { timeoutMs });
    const log = postgres.postgresLog(pool, { timeoutMs });
    try {
      return await work({ shown: name.shown, ledger, log });
    } finally {
      await ledger.close();
      await log.close();
    }
  });
}

/** Connections to a PostgreSQL database, and the code of the stores in it. */
interface OpenPool {
  readonly postgres: typeof import("@tollgate/postgres");
  readonly pool: import("pg").Pool;
}

/**
 * Connects to a PostgreSQL database, does `work` with it, and ends the connections.
 *
 * @throws CliError when the packages are not installed, or the schema is not what they need.
 */
export async function withPool<Result>(
  { url }: PostgresName,
  work: (open: OpenPool) => Promise<Result>,
): Promise<Result> {
  const { postgres, pg } = await optionalPackage(
    async () => ({ postgres: await import("@tollgate/postgres"), pg: await import("pg") }),
    ["@tollgate/postgres", "pg"],
    "a store in PostgreSQL",
  );
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: connectMs,
    max: 2,
    application_name: "tollgate",
  });
  try {
    return await work({ postgres, pool });
  } catch (error) {
    const isOurs = isTollgateError(error) && error.message.includes(migrateCall);
    if (!isOurs) throw error;
    throw new CliError(error.message.replace(migrateCall, "run tollgate migrate"), { cause: error });
  } finally {
    await pool.end();
  }
}

/** What programs are told to do about a schema that is missing or old. */
const migrateCall = "call migrate(pool)";
