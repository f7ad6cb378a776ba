import { leafHash, nodeHash } from "./merkle.ts";

/** The root of a complete subtree; of one of them the way down is kept. */
interface Peak {
  readonly hash: Uint8Array;
  readonly followed: boolean;
}

/**
 * A Merkle tree (RFC 6962, section 2.1) that grows while it keeps the way from one of its nodes to the root, in
 * memory that grows with the height only.
 */
export class MerklePath {
  readonly #peaks: Peak[] = [];
  /** The siblings from the followed node up to its peak. */
  readonly #siblings: Uint8Array[] = [];
  #size = 0;
  #followNext = false;

  /** How many leaves there are. */
  get size(): number {
    return this.#size;
  }

  /** Follows the leaf that is appended next. */
  followNext(): void {
    this.#followNext = true;
  }

  /** Follows the smallest complete subtree, which ends with the last leaf; answers its hash, null without leaves. */
  followLast(): Uint8Array | null {
    const last = this.#peaks.pop();
    if (last === undefined) return null;
    this.#peaks.push({ ...last, followed: true });
    return last.hash;
  }

  /** Appends a leaf's data; a text counts as its UTF-8 form. */
  append(leafData: string | Uint8Array): void {
    this.appendHash(leafHash(leafData));
  }

  /** Appends a leaf by its hash. */
  appendHash(leaf: Uint8Array): void {
    let top: Peak = { hash: leaf, followed: this.#followNext };
    this.#followNext = false;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = this.#peaks.pop();
      if (left !== undefined) top = this.#above(left, top);
    }
    this.#peaks.push(top);
    this.#size += 1;
  }

  #above(left: Peak, right: Peak): Peak {
    if (left.followed) this.#siblings.push(right.hash);
    if (right.followed) this.#siblings.push(left.hash);
    return { hash: nodeHash(left.hash, right.hash), followed: left.followed || right.followed };
  }

  /** The siblings from the followed node up to the root of the leaves so far, which they lead to. */
  path(): readonly Uint8Array[] {
    const index = this.#peaks.findIndex(({ followed }) => followed);
    if (index < 0) return [];
    const right = this.#peaks
      .slice(index + 1)
      .reduceRight<Uint8Array | null>(
        (below, { hash }) => (below === null ? hash : nodeHash(hash, below)),
        null,
      );
    const left = this.#peaks.slice(0, index).reverse();
    return [...this.#siblings, ...(right === null ? [] : [right]), ...left.map(({ hash }) => hash)];
  }
}
