import { Buffer } from "node:buffer";
import type { Awaitable } from "../awaitable.ts";
import { messageOf, StorageFailed } from "../errors.ts";
import { maxLineBytes } from "../receipt/receipt-lines.ts";
import type { SealedReceipt } from "../receipt/receipt-log.ts";
import type { LogFile } from "./log-file.ts";
import type { LogHeads } from "./log-heads.ts";
import type { LogSegments } from "./log-segments.ts";

/** What a {@link LogWriter} writes to. */
export interface WriterParts {
  readonly file: LogFile;
  readonly heads: LogHeads;
  readonly segments: LogSegments;
  /** How much of the file is durable. */
  readonly length: number;
  /** How large a file may get before the log goes on in a new one. */
  readonly maxFileBytes: number;
}

/** Writes the lines of one file log, in order. */
export interface LogWriter {
  /** How much of the file that is written is durable. */
  readonly length: number;
  /** Answers or resolves once the entry is durable; throws or rejects with StorageFailed. */
  append(entry: SealedReceipt): Awaitable<void>;
  /** Resolves once nothing is under way. */
  flush(): Promise<void>;
}

/** Refuses an entry that no reader would take. @throws StorageFailed when its line would be too long */
export function checkLine(path: string, { json }: SealedReceipt): void {
  // A character is at most three bytes of UTF-8, so that only long lines are counted out.
  if (json.length <= maxLineBytes / 3) return;
  const length = Buffer.byteLength(json);
  if (length <= maxLineBytes) return;
  throw new StorageFailed(
    `the receipt has ${length} bytes and ${path} takes ${maxLineBytes} at most, so it is not in it; ` +
      'keep params smaller, or give the gate params: "digest"',
  );
}

/** An append that failed and was undone. */
export function appendFailed(path: string, cause: unknown): StorageFailed {
  return new StorageFailed(`writing ${path} failed (${messageOf(cause)}); the receipt is not in it`, {
    cause,
  });
}

/** An append that failed and could not be undone: nobody knows what the file holds beyond its durable part. */
export function logDied(path: string, length: number, cause: unknown): StorageFailed {
  return new StorageFailed(
    `${path} cannot be written any more: after a failed write it could not be cut back (${messageOf(cause)}); ` +
      `only its first ${length} bytes count`,
    { cause },
  );
}
