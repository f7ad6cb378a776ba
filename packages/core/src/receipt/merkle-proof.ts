import { InvalidConfig } from "../errors.ts";
import { emptyRoot, hashLength, hashText, nodeHash, readHash } from "./merkle.ts";
import { MerklePath } from "./merkle-path.ts";

/**
 * The audit path of one leaf (RFC 6962, section 2.1.1): the siblings from the leaf up to the root.
 *
 * `leaves` are leaf hashes, all of the tree; they are read once and not kept.
 *
 * @throws InvalidConfig when there is no such leaf.
 */
export function inclusionProof(leaves: Iterable<Uint8Array>, index: number): readonly Uint8Array[] {
  const tree = new MerklePath();
  for (const leaf of leaves) {
    if (tree.size === index) tree.followNext();
    tree.appendHash(leaf);
  }
  if (!(index >= 0 && index < tree.size)) {
    throw new InvalidConfig("index", `there is no leaf ${index} in a tree of ${tree.size}`);
  }
  return tree.path();
}

/**
 * The proof that a tree is the beginning of a larger one (RFC 6962, section 2.1.2); empty for a tree of no leaves.
 *
 * `leaves` are leaf hashes, all of the larger tree; they are read once and not kept.
 *
 * @throws InvalidConfig when the larger tree is the smaller one.
 */
export function consistencyProof(leaves: Iterable<Uint8Array>, size: number): readonly Uint8Array[] {
  const tree = new MerklePath();
  let last: Uint8Array | null = null;
  for (const leaf of leaves) {
    if (tree.size === size) last = tree.followLast();
    tree.appendHash(leaf);
  }
  if (!(size >= 0 && size <= tree.size)) {
    throw new InvalidConfig("size", `a tree of ${tree.size} leaves does not begin with one of ${size}`);
  }
  if (last === null) return [];
  // Whoever verifies has the root of a complete tree, and so its one peak.
  return isPowerOfTwo(size) ? tree.path() : [last, ...tree.path()];
}

/** What an inclusion proof is about. */
export interface Inclusion {
  /** The leaf's hash. */
  readonly leaf: Uint8Array;
  readonly index: number;
  /** How many leaves the tree has. */
  readonly size: number;
  /** `sha256:` and hex. */
  readonly root: string;
  readonly proof: readonly Uint8Array[];
}

/** Whether an inclusion proof holds (RFC 9162, section 2.1.3.2). */
export function verifyInclusion({ leaf, index, size, root, proof }: Inclusion): boolean {
  if (!isPlace(index) || !isPlace(size) || index >= size || ![leaf, ...proof].every(isHash)) return false;
  let [node, last] = [index, size - 1];
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      // A node without a right sibling stands for itself one level up.
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && hashText(hash) === root;
}

/** What a consistency proof is about: an older tree and a newer one that begins with it. */
export interface Consistency {
  readonly oldSize: number;
  /** `sha256:` and hex. */
  readonly oldRoot: string;
  readonly newSize: number;
  readonly newRoot: string;
  readonly proof: readonly Uint8Array[];
}

/** Whether a consistency proof holds (RFC 9162, section 2.1.4.2); a tree without leaves begins every other one. */
export function verifyConsistency({ oldSize, oldRoot, newSize, newRoot, proof }: Consistency): boolean {
  if (!isPlace(oldSize) || !isPlace(newSize) || oldSize > newSize || !proof.every(isHash)) return false;
  if (oldSize === newSize) return proof.length === 0 && oldRoot === newRoot;
  if (oldSize === 0) return proof.length === 0 && oldRoot === hashText(emptyRoot());
  let [node, last] = [oldSize - 1, newSize - 1];
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  // Where the old tree is complete its root is the node to start from, and the proof leaves it out.
  const start = isPowerOfTwo(oldSize) ? readHash(oldRoot) : proof[0];
  if (start === undefined || start === null) return false;
  let [before, now] = [start, start];
  for (const sibling of isPowerOfTwo(oldSize) ? proof : proof.slice(1)) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      before = nodeHash(sibling, before);
      now = nodeHash(sibling, now);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      now = nodeHash(now, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && hashText(before) === oldRoot && hashText(now) === newRoot;
}

function isPowerOfTwo(size: number): boolean {
  let rest = size;
  while (rest % 2 === 0 && rest > 0) rest /= 2;
  return rest === 1;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isPlace(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isHash(value: Uint8Array): boolean {
  return value.length === hashLength;
}
