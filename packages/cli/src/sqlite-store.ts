import { stat } from "node:fs/promises";
import { CliError, systemCause } from "./cli-error.ts";
import type { StoreWork } from "./open-store.ts";
import { optionalPackage } from "./optional-package.ts";
import type { SqliteName } from "./store-name.ts";

/**
 * Opens an SQLite file that is there, does `work` with it, and closes it.
 *
 * @throws CliError when it is not there: opening it would make it, as a new store without anything in it.
 */
export async function withSqlite<Result>(
  { path, shown }: SqliteName,
  work: StoreWork<Result>,
): Promise<Result> {
  await checkFile(path);
  const { sqliteApprovals, sqliteFile, sqliteLedger, sqliteLog } = await optionalPackage(
    () => import("@tollgate/sqlite"),
    ["@tollgate/sqlite"],
    "a store in SQLite",
  );
  const file = sqliteFile(path);
  const ledger = sqliteLedger(file);
  const log = sqliteLog(file);
  const approvals = sqliteApprovals(file);
  try {
    return await work({ shown, ledger, log, approvals, stops: ledger.stops });
  } finally {
    await ledger.close();
    await log.close?.();
    await approvals.close?.();
  }
}

async function checkFile(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    // Such a name may be an address that is miswritten, with a password in it: it is not quoted.
    if (/[@=]|:\//.test(path)) {
      throw new CliError(
        `cannot open the store: ${systemCause(error)}; if its name is an address, write it as ` +
          "postgresql://user@host:5432/database, with the password in the environment's PGPASSWORD",
        { cause: error },
      );
    }
    throw new CliError(`cannot open the store ${path}: ${systemCause(error)}`, { cause: error });
  });
  if (found.isDirectory()) throw new CliError(`${path} is a directory: name the SQLite file in it`);
  if (!found.isFile()) throw new CliError(`${path} is no file of a disk: name an SQLite file`);
  if (found.size === 0) {
    throw new CliError(`${path} is an empty file: a gate makes a store of it, this command does not`);
  }
}
