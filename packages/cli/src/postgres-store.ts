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
    const approvals = postgres.postgresApprovals(pool, { timeoutMs });
    try {
      return await work({ shown: name.shown, ledger, log, approvals, stops: ledger.stops });
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
 * @throws CliError when the packages are not installed, the database lets nobody in, or the schema is not what they
 * need.
 */
export async function withPool<Result>(
  { url, shown }: PostgresName,
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
  // What a lost connection comes to is told by the statement that it was lost under.
  pool.on("error", () => undefined);
  try {
    await connectOnce(pool, shown);
    return await work({ postgres, pool });
  } catch (error) {
    const isOurs = isTollgateError(error) && error.message.includes(migrateCall);
    if (!isOurs) throw error;
    throw new CliError(error.message.replace(migrateCall, "run tollgate migrate"), { cause: error });
  } finally {
    await pool.end();
  }
}

/** A gate tries again and again; a person wants to know at once. */
async function connectOnce(pool: import("pg").Pool, shown: string): Promise<void> {
  try {
    (await pool.connect()).release();
  } catch (error) {
    // Where a name has several addresses there is an error for each.
    const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`cannot connect to ${shown}: ${message}`, { cause: error });
  }
}

/** What programs are told to do about a schema that is missing or old. */
const migrateCall = "call migrate(pool)";
