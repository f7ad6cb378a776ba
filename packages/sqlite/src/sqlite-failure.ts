import { StorageFailed, TollgateError } from "@tollgate/core";

/** SQLite's primary result codes that are told apart; see https://www.sqlite.org/rescode.html. */
const codes = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADb: 26,
};

/** What went wrong and what to do about it, by primary result code; the words follow the file's path. */
const problems: ReadonlyMap<number, string> = new Map([
  [codes.busy, "is locked by another process; end what holds it, or raise busyTimeoutMs"],
  [codes.locked, "is locked within this process; end what holds it, or raise busyTimeoutMs"],
  [codes.readOnly, "cannot be written: make the file and its folder writable for this user"],
  [codes.ioError, "cannot be read or written: check the disk"],
  [codes.corrupt, "is damaged: move it away and restore a backup"],
  [codes.full, "cannot grow: free some space on the disk"],
  [codes.cantOpen, "cannot be opened: check that the folder exists and is writable"],
  [codes.notADb, "is not an SQLite database: give another path"],
]);

/** The primary result code of an error that SQLite threw, or null when it threw something else. */
function codeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return null;
  return error.errcode & 0xff;
}

/** Whether somebody else has the file, so that it is worth another try. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === codes.busy || code === codes.locked;
}

/** Turns whatever went wrong with a file into one error that says what to do. */
export function storageFailure(path: string, error: unknown): StorageFailed {
  if (error instanceof StorageFailed) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (TollgateError.is(error)) return new StorageFailed(message, { cause: error });
  const problem = problems.get(codeOf(error) ?? -1) ?? "could not be used";
  return new StorageFailed(`${path} ${problem} (${message}); nothing was changed`, { cause: error });
}
