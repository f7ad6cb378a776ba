import { readChoice, readWhole } from "@tollgate/core/driver";

/** How a file is used. */
export interface SqliteFileOptions {
  /**
   * What an answer survives.
   *
   * - `full`: a power failure. Each commit waits for the disk (0.1 to 10 ms); callers at the same time share one.
   * - `normal`: the end of the process, but not that of the machine: what was answered in the last moments
   *   before that may be gone, all of it from some moment on.
   *
   * @default "full" (no effect without a receipt, whatever happens)
   */
  readonly durability?: "full" | "normal";
  /**
   * How long to wait for other processes that are writing before an operation fails.
   *
   * @default 4000 (less than the gate's own storageTimeoutMs, so that it hears why)
   */
  readonly busyTimeoutMs?: number;
}

/** The names of {@link SqliteFileOptions}' members. */
export const fileOptionNames: readonly string[] = ["durability", "busyTimeoutMs"];

/** Fills in what is left out. @throws InvalidConfig for options that make no sense */
export function readFileOptions(options: SqliteFileOptions): Required<SqliteFileOptions> {
  const { durability = "full", busyTimeoutMs = 4000 } = options;
  return {
    durability: readChoice(durability, "durability", ["full", "normal"]),
    busyTimeoutMs: readWhole(busyTimeoutMs, "busyTimeoutMs", 0),
  };
}
