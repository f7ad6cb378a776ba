import { VerificationError } from "../errors.ts";

/**
 * How long a line may be, in bytes without its line feed: 16 MiB.
 *
 * Longer lines are no receipts, so none may be written; the bound keeps a file without line breaks from
 * filling the memory.
 */
export const maxLineBytes: number = 16 * 1024 * 1024;
const lineFeed = 0x0a;

/**
 * Splits the bytes of a receipt file into its lines, unchanged and without their line feeds.
 *
 * Only a line feed ends a line: readers that also split at carriage returns or U+2028 would hide changes or
 * cut receipts in two. Bytes after the last line feed are a line too. Feed it a Node or web stream of bytes,
 * and its lines to `verifyChain`.
 *
 * @throws VerificationError when a line is longer than 16 MiB.
 */
export async function* receiptLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      parts.push(chunk.subarray(start, end));
      checkLength(length + end - start);
      yield joined(parts);
      parts = [];
      length = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
    checkLength(length);
  }
  if (length > 0) yield joined(parts);
}

function checkLength(length: number): void {
  if (length > maxLineBytes) {
    throw new VerificationError("a line is longer than 16 MiB: this is no receipt file");
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
