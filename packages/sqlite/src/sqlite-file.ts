/**
 * One open file, for a ledger and a log to share: work of both that is under way together then shares commits.
 *
 * The last of them to be closed closes it.
 */
export interface SqliteFile {
  /** The whole path. */
  readonly path: string;
}
