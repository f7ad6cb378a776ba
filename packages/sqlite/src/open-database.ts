import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StorageFailed } from "@tollgate/core";
import type { SqliteFileOptions } from "./file-options.ts";
import { applicationId, schemaSql, schemaVersion } from "./schema.ts";
import { isBusy, storageFailure } from "./sqlite-failure.ts";

/**
 * Opens a file of Tollgate's, or makes one where there is none, and its folders.
 *
 * Waits for other processes that do the same. Nothing of a file that is not Tollgate's is touched.
 *
 * @throws StorageFailed when the file is another program's, damaged, of a newer version, cannot be written, or
 * stays locked
 */
export function openDatabase(
  path: string,
  { durability, busyTimeoutMs }: Required<SqliteFileOptions>,
): DatabaseSync {
  let database: DatabaseSync;
  try {
    mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path);
  } catch (error) {
    throw storageFailure(path, error);
  }
  try {
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA trusted_schema = OFF`);
    const isNew = checkHeader(path, database);
    useWal(path, database, busyTimeoutMs);
    // On macOS a sync reaches the disk only where it is asked to.
    database.exec(`PRAGMA synchronous = ${durability}; PRAGMA fullfsync = ${durability === "full" ? 1 : 0}`);
    database.exec("PRAGMA journal_size_limit = 67108864");
    begin(path, database, isNew);
    // From now on whoever finds it locked lets others of its process go on meanwhile.
    database.exec("PRAGMA busy_timeout = 0");
    return database;
  } catch (error) {
    database.close();
    throw storageFailure(path, error);
  }
}

/** Answers whether the file is empty. @throws StorageFailed when it is not for this code */
function checkHeader(path: string, database: DatabaseSync): boolean {
  // One statement sees one state: another process may be making the schema at this moment.
  const { id, version, tables } = database
    .prepare(
      `SELECT (SELECT application_id FROM pragma_application_id) AS id,
         (SELECT user_version FROM pragma_user_version) AS version,
         (SELECT count(*) FROM sqlite_schema) AS tables`,
    )
    .get() as Readonly<Record<"id" | "version" | "tables", number>>;
  if (id === applicationId && version > 0) {
    if (version <= schemaVersion) return false;
    throw new StorageFailed(
      `${path} was made by a newer version of @tollgate/sqlite (its schema is ${version}, known are 1 to ` +
        `${schemaVersion}): upgrade the package`,
    );
  }
  if (id === 0 && version === 0 && tables === 0) return true;
  throw new StorageFailed(`${path} is another program's SQLite database: give another path`);
}

/** Readers do not wait for writers then, nor writers for readers. */
function useWal(path: string, database: DatabaseSync, busyTimeoutMs: number): void {
  const deadline = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      const mode = Object.values(database.prepare("PRAGMA journal_mode = WAL").get() ?? {})[0];
      if (mode === "wal") return;
      throw new StorageFailed(
        `${path} cannot have a write-ahead log (its journal mode is "${mode}"): give a file on a local disk`,
      );
    } catch (error) {
      // SQLite does not wait by itself when several processes change the mode at once.
      if (!isBusy(error) || performance.now() >= deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** Makes the schema where there is none, and sees that the file can be written. */
function begin(path: string, database: DatabaseSync, isNew: boolean): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have made it meanwhile.
    if (isNew && checkHeader(path, database)) database.exec(schemaSql);
    // A transaction alone can be begun on a file that is read only.
    database.exec("DELETE FROM ended WHERE FALSE");
    database.exec("COMMIT");
  } catch (error) {
    try {
      database.exec("ROLLBACK");
    } catch {
      // It is closed next, which ends the transaction too.
    }
    throw error;
  }
}
