import { createReadStream, statSync } from "node:fs";
import { digestOf } from "../codec/digest.ts";
import { decodeUtf8 } from "../codec/utf8.ts";
import { StorageFailed } from "../errors.ts";
import { headAfter } from "../receipt/chain-head.ts";
import type { Receipt } from "../receipt/receipt.ts";
import { receiptLines } from "../receipt/receipt-lines.ts";
import type { ChainHead } from "../receipt/receipt-log.ts";

/** What a receipt file holds. */
export interface Recovered {
  readonly heads: Map<string, ChainHead>;
  /** How much of the file is whole receipts. */
  readonly length: number;
  /** True when a line beyond them was cut short by a crash. */
  readonly torn: boolean;
  /** True when only the last line feed is missing: the receipt before it is whole. */
  readonly unended: boolean;
}

/**
 * Reads a receipt file from end to end and finds where each of its chains ends.
 *
 * It does not verify anything. A last line that was cut short by a crash is left out: nobody was told that
 * it is durable.
 *
 * @throws StorageFailed when a whole line is not a receipt; whatever reading the file throws.
 */
export async function recoverLog(path: string): Promise<Recovered> {
  const { size } = statSync(path);
  const last = new Map<string, Line>();
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
  const heads = [...last].map(
    ([chain, { receipt, json }]) => [chain, headAfter(receipt, digestOf(json))] as const,
  );
  return { heads: new Map(heads), length, torn: length < size, unended };
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
