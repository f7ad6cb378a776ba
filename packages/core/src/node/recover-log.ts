import { createReadStream, statSync } from "node:fs";
import { digestOf } from "../codec/digest.ts";
import { decodeUtf8 } from "../codec/utf8.ts";
import { StorageFailed } from "../errors.ts";
import { headAfter } from "../receipt/chain-head.ts";
import type { Receipt } from "../receipt/receipt.ts";
import { receiptLines } from "../receipt/receipt-lines.ts";
import type { ChainHead } from "../receipt/receipt-log.ts";
import type { LogSegments } from "./log-segments.ts";

/** What a log holds. */
export interface Recovered {
  readonly heads: Map<string, ChainHead>;
  /** How much of the last file is whole receipts. */
  readonly length: number;
  /** True when a line beyond them was cut short by a crash. */
  readonly torn: boolean;
  /** True when only the last line feed is missing: the receipt before it is whole. */
  readonly unended: boolean;
}

/**
 * Reads the files of a log from end to end, the one that is written last, and finds where each chain ends.
 *
 * It does not verify anything. A last line that was cut short by a crash is left out: nobody was told that
 * it is durable.
 *
 * @throws StorageFailed when a whole line is not a receipt; whatever reading the files throws.
 */
export async function recoverLog(segments: LogSegments): Promise<Recovered> {
  const last = new Map<string, Line>();
  for (const number of segments.numbers) {
    const path = segments.pathOf(number);
    const { torn, length } = await recoverFile(path, last);
    if (torn) throw new StorageFailed(`${path} is cut short after ${length} bytes: restore it, or verify it`);
  }
  const end = await recoverFile(segments.path, last);
  return {
    ...end,
    heads: new Map(
      [...last].map(([chain, { receipt, json }]) => [chain, headAfter(receipt, digestOf(json))] as const),
    ),
  };
}

/** What one file holds; the last line of each chain in it is put into `last`. */
async function recoverFile(path: string, last: Map<string, Line>): Promise<Omit<Recovered, "heads">> {
  const { size } = statSync(path);
  let length = 0;
  let number = 0;
  let unended = false;
  for await (const line of size === 0 ? [] : receiptLines(createReadStream(path, { end: size - 1 }))) {
    number += 1;
    const read = readLine(line);
    const end = length + line.length + 1;
    if (read === null) {
      // Only the last line can lack its line feed.
      if (end > size) break;
      throw new StorageFailed(
        `${path}: line ${number} is not a receipt, so the file was changed or damaged; ` +
          `verify it, then move it away or cut it back to its first ${length} bytes`,
      );
    }
    last.set(read.receipt.body.chain, read);
    unended = end > size;
    length = Math.min(end, size);
  }
  return { length, torn: length < size, unended };
}

/** A receipt and its text, which is what its digest is made over. */
interface Line {
  readonly receipt: Receipt;
  readonly json: string;
}

/** Reads as much of a receipt as a head needs; null for what is none, be it only for a byte that is not UTF-8. */
function readLine(line: Uint8Array): Line | null {
  let json: string;
  let value: Partial<Receipt> | null;
  try {
    json = decodeUtf8(line);
    value = JSON.parse(json);
  } catch {
    return null;
  }
  const body = value?.body;
  const isReceipt =
    typeof value?.kid === "string" &&
    typeof value.sig === "string" &&
    typeof body?.chain === "string" &&
    typeof body.time === "string" &&
    Number.isSafeInteger(body.seq);
  return isReceipt ? { receipt: value as Receipt, json } : null;
}
