import { readFile } from "node:fs/promises";
import type { CheckpointHead } from "@tollgate/core/verify";
import { CliError, systemCause } from "./cli-error.ts";

/**
 * Where chains ended when `tollgate verify --json` wrote this report: receipts that must still be there.
 *
 * @throws CliError naming the file when it cannot be read or is no report.
 */
export async function readHeads(path: string): Promise<readonly CheckpointHead[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new CliError(`cannot read the report ${path}: ${systemCause(error)}`, { cause: error });
  });
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch {
    report = null;
  }
  const { verdict, chains } = (report ?? {}) as Readonly<Record<string, unknown>>;
  if (!Array.isArray(chains) || !chains.every(isHead)) {
    throw new CliError(`${path} is no report of tollgate verify --json`);
  }
  // A chain is only known as far as it held, which is all that a broken report's heads say.
  if (verdict === "broken")
    throw new CliError(`${path} is the report of a broken chain: give one of a good one`);
  return chains.map(({ chain, seq, digest }) => ({ chain, seq, digest }));
}

function isHead(value: unknown): value is CheckpointHead {
  if (typeof value !== "object" || value === null) return false;
  const { chain, seq, digest } = value as Readonly<Record<string, unknown>>;
  return typeof chain === "string" && Number.isSafeInteger(seq) && typeof digest === "string";
}
