import { resolve } from "node:path";
import { InvalidConfig } from "@tollgate/core";
import { readObject } from "@tollgate/core/driver";
import { fileOptionNames, readFileOptions, type SqliteFileOptions } from "./file-options.ts";
import { OpenFile } from "./open-file.ts";
import type { SqliteFile } from "./sqlite-file.ts";

/**
 * Opens a file that a ledger and a log are to share: `sqliteLedger(file)` and `sqliteLog(file)`.
 *
 * The file and its folders are made where they are missing. Any number of processes of one machine may use it.
 *
 * @throws InvalidConfig for options that make no sense; StorageFailed when the file is another program's, is
 * damaged, was made by a newer version, cannot be written, or stays locked.
 */
export function sqliteFile(path: string, options: SqliteFileOptions = {}): SqliteFile {
  return useFile(path, options, []);
}

/** The file that is given open or by its path; `own` are the names of options beside the file's. */
export function useFile(
  file: string | SqliteFile,
  options: SqliteFileOptions,
  own: readonly string[],
): OpenFile {
  if (file instanceof OpenFile) {
    readObject(options, "options", own);
    return file;
  }
  readObject(options, "options", [...own, ...fileOptionNames]);
  if (typeof file !== "string" || file === "" || file === ":memory:") {
    throw new InvalidConfig("path", 'expected the path of a file, such as "tollgate.db"');
  }
  return new OpenFile(resolve(file), readFileOptions(options));
}
