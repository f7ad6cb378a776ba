import { decodeHex, encodeHex } from "../codec/hex.ts";

const prefix = "sha256:";
const bytesEach = 32;
const chunkSize = 1024;

/** The digests of a chain's receipts by sequence number, in 32 bytes each: a million of them fit into memory. */
export class DigestList {
  /** All but the last are full. */
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Appends a digest, as receipts write it. */
  append(digest: string): void {
    const place = this.#size % chunkSize;
    if (place === 0) this.#chunks.push(new Uint8Array((this.#size === 0 ? 8 : chunkSize) * bytesEach));
    const index = this.#chunks.length - 1;
    let chunk = this.#chunks[index] as Uint8Array;
    if (chunk.length === place * bytesEach) {
      // The first one only: most chains of a log may be short.
      const larger = new Uint8Array(Math.min(chunk.length * 4, chunkSize * bytesEach));
      larger.set(chunk);
      this.#chunks[index] = larger;
      chunk = larger;
    }
    chunk.set(decodeHex(digest, prefix.length), place * bytesEach);
    this.#size += 1;
  }

  /** The digest at a sequence number, or null beyond the end. */
  at(seq: number): string | null {
    if (seq >= this.#size) return null;
    const start = (seq % chunkSize) * bytesEach;
    const bytes = this.#chunks[Math.floor(seq / chunkSize)]?.subarray(start, start + bytesEach);
    return bytes === undefined ? null : prefix + encodeHex(bytes);
  }
}
