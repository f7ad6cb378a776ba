import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder of one's own on a real disk; it goes when the test is over. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-sqlite-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The path of a file in a folder of its own. */
export function tempFile(name = "tollgate.db"): string {
  return join(tempFolder(), name);
}
