/** Everything held. */
export const good = 0;

/** The receipts do not hold. */
export const broken = 1;

/** The command could not be run: wrong arguments, or a file that cannot be read or written. */
export const trouble = 2;

/** A failure that the user can act on: shown as one line, and answered with its exit code. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, options: { readonly cause?: unknown; readonly exitCode?: number } = {}) {
    super(message, options);
    this.name = "CliError";
    this.exitCode = options.exitCode ?? trouble;
  }
}

/** Whether core threw it; told by the brand, for core's root, which has the classes, is large and not loaded. */
export function isTollgateError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && Symbol.for("tollgate.error") in error;
}

const causes: Readonly<Record<string, string>> = {
  EACCES: "you may not open it",
  EEXIST: "it is there already",
  EIO: "the disk failed",
  EISDIR: "it is a directory",
  EMFILE: "too many files are open",
  ENOENT: "there is no such file",
  ENOSPC: "the disk is full",
  ENOTDIR: "its path goes through a file",
  EPERM: "you may not open it",
  EROFS: "the disk is read-only",
};

/** Why a system call failed, in words for a person. */
export function systemCause(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return causes[code] ?? (error instanceof Error ? error.message : String(error));
}
