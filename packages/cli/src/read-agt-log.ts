import { readFile } from "node:fs/promises";
import type { AgtEntry } from "@tollgate/agt";
import { CliError, systemCause } from "./cli-error.ts";

/**
 * The entries of an audit log of AGT's, as its `exportJSON()` writes them.
 *
 * @throws CliError naming the file when it cannot be read or is no such log.
 */
export async function readAgtLog(path: string): Promise<readonly AgtEntry[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new CliError(`cannot read the audit log ${path}: ${systemCause(error)}`, { cause: error });
  });
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    entries = null;
  }
  if (!Array.isArray(entries)) throw new CliError(`${path} is no audit log of AGT's: expected a JSON array`);
  const odd = entries.findIndex((entry) => !isEntry(entry));
  if (odd >= 0) throw new CliError(`${path}: entry ${odd} is no audit entry of AGT's`);
  return entries;
}

function isEntry(value: unknown): value is AgtEntry {
  if (typeof value !== "object" || value === null) return false;
  const entry = value as Readonly<Record<string, unknown>>;
  const texts = ["timestamp", "agentId", "action", "decision", "hash", "previousHash"];
  return texts.every((name) => typeof entry[name] === "string");
}
