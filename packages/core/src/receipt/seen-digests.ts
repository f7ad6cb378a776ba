import { DigestList } from "./digest-list.ts";

/**
 * The digests of the receipts of one chain that came, by sequence number: all from some place on, and single ones
 * before that.
 */
export class SeenDigests {
  /** Those before the last gap. */
  readonly #kept = new Map<number, string>();
  #start = 0;
  #list = new DigestList();

  /** The sequence number after the last that came. */
  get nextSeq(): number {
    return this.#start + this.#list.size;
  }

  /** Takes the digest of the next receipt, which may leave a gap where the beginning of the chain was dropped. */
  append(seq: number, digest: string): void {
    if (seq > this.nextSeq) {
      // Only key receipts stand before a gap, so these are few.
      for (let before = this.#start; before < this.nextSeq; before++) {
        this.#kept.set(before, this.#list.at(before - this.#start) ?? "");
      }
      this.#list = new DigestList();
      this.#start = seq;
    }
    this.#list.append(digest);
  }

  /** The digest at a sequence number; null where none came. */
  at(seq: number): string | null {
    return (seq >= this.#start ? this.#list.at(seq - this.#start) : this.#kept.get(seq)) ?? null;
  }
}
