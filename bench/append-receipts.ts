import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReceiptLog } from "@tollgate/core";
import { fileLog } from "@tollgate/core/node";
import { measuredGate, toolCall } from "./measured-gate.ts";
import { callTogether } from "./sampler.ts";
import { type Result, Samples } from "./samples.ts";

type Entry = Parameters<ReceiptLog["append"]>[0];

const callers = 64;
const decisions = 3200;
const rounds = 5;

/**
 * Measures a file log alone, with receipts that are signed already: 64 callers append, each answered when its
 * receipt is synced, beside a bare loop that writes and syncs the same bytes, 64 receipts at a time.
 */
export async function measureAppends(): Promise<readonly Result[]> {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  const entries = await signedEntries();
  const lines = entries.map(({ json }) => Buffer.from(`${json}\n`));
  const appends = new Samples("append_fsync_64", rounds * entries.length);
  const bare = new Samples("write_fdatasync_by_64", rounds * entries.length);
  try {
    for (let round = -1; round < rounds; round++) {
      const path = join(folder, `${round}.jsonl`);
      writeBare(`${path}.bare`, lines, round < 0 ? new Samples("", lines.length) : bare);
      await append(path, entries, round < 0 ? new Samples("", lines.length) : appends);
    }
    return [bare.result(), appends.result()];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A chain's entries, as its gate hands them to its log. */
async function signedEntries(): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const { gate, decide } = measuredGate({
    log: {
      append: (entry) => void entries.push(entry),
      read: async function* () {},
      head: () => null,
    },
  });
  for (let index = 0; index < decisions; index++) await (await decide(toolCall)).settle();
  await gate.close();
  return entries;
}

async function append(path: string, entries: readonly Entry[], samples: Samples): Promise<void> {
  const log = fileLog(path, { durability: "fsync" });
  // Opening it, which the first append waits for, is not what is measured.
  const [first, ...rest] = entries as [Entry, ...Entry[]];
  await log.append(first);
  let next = 0;
  await callTogether(callers, rest.length, () => log.append(rest[next++] ?? first), samples);
  await log.close?.();
}

function writeBare(path: string, lines: readonly Uint8Array[], samples: Samples): void {
  const file = openSync(path, "w");
  try {
    for (let at = 0; at < lines.length; at += callers) {
      const group = lines.slice(at, at + callers);
      const start = performance.now();
      writeSync(file, Buffer.concat(group));
      fdatasyncSync(file);
      const ms = performance.now() - start;
      // Each of them waits for all.
      for (const _ of group) samples.add(ms);
      samples.elapsed(ms);
    }
  } finally {
    closeSync(file);
  }
}
