import type { StoreWork } from "./open-store.ts";
import { withPostgres } from "./postgres-store.ts";
import { withSqlite } from "./sqlite-store.ts";
import type { StoreName } from "./store-name.ts";

/**
 * Opens a store, does `work` with it, and closes it.
 *
 * @throws CliError when it is an SQLite file that is not there, or the package that it takes is not installed.
 */
export function withStore<Result>(name: StoreName, work: StoreWork<Result>): Promise<Result> {
  return name.kind === "sqlite" ? withSqlite(name, work) : withPostgres(name, work);
}
