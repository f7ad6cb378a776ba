import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { createFileLog, type FileLogOptions } from "../src/node/file-log.ts";
import type { ReceiptChain } from "../src/receipt/chain.ts";
import type { ReceiptLog, SealedReceipt } from "../src/receipt/receipt-log.ts";
import { type FailingFile, openFailingFile } from "./failing-file.ts";
import { decisionContent, noon, openChain } from "./sample-receipts.ts";

// A file log whose disk can be made to fail, anew for each test of the file that imports this.
let folder: string;
export let path: string;
export let file: FailingFile;
export let log: ReceiptLog;
export let chain: ReceiptChain;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "file-log-"));
  path = join(folder, "receipts.jsonl");
});

afterEach(async () => {
  await log.close?.();
  rmSync(folder, { recursive: true });
});

/** Opens {@link log} with its opening receipt in it. */
export async function openLog(options: FileLogOptions): Promise<void> {
  log = createFileLog(path, options, (at) => {
    file = openFailingFile(at);
    return file;
  });
  const opened = openChain();
  chain = opened.chain;
  await log.append(opened.opening);
}

/** The next receipt of {@link chain}. */
export function seal(): SealedReceipt {
  return chain.seal(decisionContent(), noon);
}

/** What became of each append, in order: they are all begun in one turn. */
export async function appendAll(entries: readonly SealedReceipt[]): Promise<string[]> {
  const results = await Promise.allSettled(entries.map(async (entry) => log.append(entry)));
  return results.map((result) => (result.status === "fulfilled" ? "done" : `${result.reason.name}`));
}

/** The sequence numbers that the log has. */
export async function found(): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { body } of log.read()) seqs.push(body.seq);
  return seqs;
}

/** For a test that has seen closing fail: {@link log} is not closed once more after it. */
export function leaveClosed(): void {
  log = { ...log, close: () => undefined };
}
