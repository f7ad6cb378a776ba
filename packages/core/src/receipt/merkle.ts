import { sha256 } from "#sha256";
import { decodeHex, encodeHex } from "../codec/hex.ts";

/** How long every hash of a tree is, in bytes. */
export const hashLength = 32;

/** The hash of a leaf (RFC 6962, section 2.1): SHA-256 over 0x00 and the leaf's data; a text counts as its UTF-8 form. */
export function leafHash(data: string | Uint8Array): Uint8Array {
  // The prefix keeps a node from passing for a leaf, and U+0000 is that one byte in UTF-8.
  if (typeof data === "string") return sha256(`\u0000${data}`);
  const input = new Uint8Array(1 + data.length);
  input.set(data, 1);
  return sha256(input);
}

/** How long the input of a node's hash is. */
const nodeLength = 1 + 2 * hashLength;

/**
 * The hash of a node above two others (RFC 6962, section 2.1): SHA-256 over 0x01 and both.
 *
 * `input` is memory to work in, for those who make many.
 */
export function nodeHash(
  left: Uint8Array,
  right: Uint8Array,
  input: Uint8Array = new Uint8Array(nodeLength),
): Uint8Array {
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 1 + hashLength);
  return sha256(input);
}

/** The root of a tree without leaves: SHA-256 over nothing (RFC 6962, section 2.1). */
export function emptyRoot(): Uint8Array {
  return sha256("");
}

/** A hash as receipts write it: `sha256:` and 64 hex digits. */
export function hashText(hash: Uint8Array): string {
  return `sha256:${encodeHex(hash)}`;
}

/** The hash of a text that {@link hashText} writes; null for any other text. */
export function readHash(text: string): Uint8Array | null {
  return /^sha256:[0-9a-f]{64}$/.test(text) ? decodeHex(text.slice("sha256:".length)) : null;
}

/**
 * A Merkle tree (RFC 6962, section 2.1) that only grows: it keeps the roots of its complete subtrees, at most
 * 53 hashes, and so knows the root of all leaves that were ever appended.
 *
 * To restore one append its leaves again.
 */
export class MerkleFrontier {
  /** The roots of complete subtrees, from the largest, which is leftmost, to the smallest. */
  #peaks: Uint8Array[] = [];
  #size = 0;
  /** Fresh memory for each node would cost more than its hash. */
  readonly #input: Uint8Array = new Uint8Array(nodeLength);

  /** How many leaves there are. */
  get size(): number {
    return this.#size;
  }

  /** Appends a leaf's data; a text counts as its UTF-8 form. */
  append(leafData: string | Uint8Array): void {
    this.appendHash(leafHash(leafData));
  }

  /** Appends a leaf by its {@link leafHash}. */
  appendHash(leaf: Uint8Array): void {
    let hash = leaf;
    // As in a binary counter: each one at the end of the size is a peak that the new leaf completes.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = this.#peaks.pop();
      if (left !== undefined) hash = nodeHash(left, hash, this.#input);
    }
    this.#peaks.push(hash);
    this.#size += 1;
  }

  /** Another tree of the same leaves, which grows on its own. */
  clone(): MerkleFrontier {
    const copy = new MerkleFrontier();
    copy.#peaks = [...this.#peaks];
    copy.#size = this.#size;
    return copy;
  }

  /** The root of the leaves so far, as `sha256:` and hex. */
  root(): string {
    return hashText(this.rootHash());
  }

  /** The root of the leaves so far: 32 bytes. */
  rootHash(): Uint8Array {
    return (
      this.#peaks.reduceRight<Uint8Array | null>(
        (right, left) => (right === null ? left : nodeHash(left, right, this.#input)),
        null,
      ) ?? emptyRoot()
    );
  }
}
