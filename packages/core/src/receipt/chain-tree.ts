import { canonicalJson } from "../codec/canonical-json.ts";
import { digestOf } from "../codec/digest.ts";
import { StorageFailed } from "../errors.ts";
import type { FollowedChain } from "./checkpoint-plan.ts";
import { leafHash, MerkleFrontier } from "./merkle.ts";
import type { ChainHead, SealedReceipt } from "./receipt-log.ts";

/** The tree over a chain up to one of its receipts. */
export interface TreePlace {
  readonly tree: MerkleFrontier;
  /** The digest of the last receipt in it; null for the empty tree. */
  readonly digest: string | null;
  /** How many receipts there were right after the last checkpoint; 0 before the first. */
  readonly covered: number;
}

/** A receipt, as far as the tree needs it. */
interface Leaf {
  readonly seq: number;
  readonly digest: string;
  readonly hash: Uint8Array;
  readonly isCheckpoint: boolean;
}

/** A reading of the log: up to `head`, or to whatever head the log tells. */
interface Reading {
  readonly head: ChainHead | null | undefined;
  readonly done: Promise<void>;
}

/** How far back the tree can go without reading the log: further than receipts are ever on their way at once. */
const memory = 1024;
/** How many receipts are read from the log before others get a turn. */
const readAtOnce = 256;

/**
 * The Merkle tree over a chain's receipts, which follows the chain also back, when the log lost some.
 *
 * Receipts from before this process are read from the log, once and in the background; those that are sealed
 * meanwhile wait as hashes.
 */
export class ChainTree {
  readonly #source: FollowedChain;
  /** The newest places, by size. */
  readonly #recent = new Map<number, TreePlace>();
  #tip: TreePlace | null = emptyPlace();
  #waiting: Leaf[] = [];
  #reading: Reading | null = null;
  #isStopped = false;

  constructor(source: FollowedChain) {
    this.#source = source;
  }

  /** The tree over all that was sealed; null while it is not known. */
  get tip(): TreePlace | null {
    return this.#tip;
  }

  /** Takes the receipt that was sealed last. */
  add({ receipt, json, digest }: SealedReceipt): void {
    const { seq, type } = receipt.body;
    const leaf: Leaf = { seq, digest, hash: leafHash(json), isCheckpoint: type === "checkpoint" };
    if (this.#tip !== null) {
      this.#moveTo(placeAfter(this.#tip, leaf));
      return;
    }
    this.#waiting.push(leaf);
    // Whoever reads the log later finds the older ones there.
    if (this.#reading === null && this.#waiting.length > 2 * memory) this.#waiting.splice(0, memory);
  }

  /** Goes to where the chain now ends; where that is not known the log is read for it. */
  goTo(head: ChainHead | null): void {
    const place = head === null ? emptyPlace() : this.#recent.get(head.seq + 1);
    if (place !== undefined && place.digest === (head?.digest ?? null)) {
      const size = place.tree.size;
      for (const known of this.#recent.keys()) if (known > size) this.#recent.delete(known);
      this.#tip = place;
      this.#reading = null;
      return;
    }
    this.#tip = null;
    this.#waiting = [];
    this.#recent.clear();
    if (this.#reading === null || this.#reading.head?.digest !== head?.digest) this.#read(head);
  }

  /** Resolves once the tree is known. @throws StorageFailed when the log does not show it; ask again later */
  async ready(): Promise<void> {
    while (this.#tip === null) {
      if (this.#isStopped) throw new StorageFailed("nobody reads the log any more");
      await (this.#reading ?? this.#read(undefined)).done;
    }
  }

  /** Ends a reading under way, and lets none begin. */
  stop(): void {
    this.#isStopped = true;
    this.#reading = null;
  }

  #moveTo(place: TreePlace): void {
    const { size } = place.tree;
    this.#tip = place;
    this.#recent.set(size, place);
    this.#recent.delete(size - memory);
  }

  #read(head: ChainHead | null | undefined): Reading {
    const isCurrent = (): boolean => this.#reading === reading;
    const done = (async () => {
      // Not before `reading` is the current one.
      await null;
      try {
        const place = await this.#restore(head, isCurrent);
        if (isCurrent() && place !== null) this.#catchUp(place);
      } finally {
        if (isCurrent()) this.#reading = null;
      }
    })();
    // Whoever waits for the tree hears of it.
    done.catch(() => undefined);
    const reading: Reading = { head, done };
    this.#reading = reading;
    return reading;
  }

  /** The place that the log's own receipts lead to; null when nobody needs it any more. */
  async #restore(known: ChainHead | null | undefined, isCurrent: () => boolean): Promise<TreePlace | null> {
    const { chain, log, inTime } = this.#source;
    const head = known === undefined ? await inTime("the receipt log", log.head(chain.id)) : known;
    let place = emptyPlace();
    if (head === null) return place;
    for await (const receipt of log.read({ chain: chain.id })) {
      const { seq, prev, type } = receipt.body;
      if (seq !== place.tree.size || prev !== place.digest) break;
      const json = canonicalJson(receipt);
      const leaf = { seq, digest: digestOf(json), hash: leafHash(json), isCheckpoint: type === "checkpoint" };
      place = placeAfter(place, leaf);
      if (seq === head.seq) break;
      if (place.tree.size % readAtOnce === 0) await new Promise((resolve) => setTimeout(resolve));
      if (!isCurrent()) return null;
    }
    if (place.digest === head.digest) return place;
    throw new StorageFailed(
      `the log's receipts of chain "${chain.id}" do not lead from 0 to ${head.seq} but break after ` +
        `${place.tree.size}, so it gets no checkpoints`,
    );
  }

  #catchUp(restored: TreePlace): void {
    let place = restored;
    for (const leaf of this.#waiting) {
      if (leaf.seq < place.tree.size) continue;
      if (leaf.seq > place.tree.size) throw new StorageFailed("the log fell behind what was sealed");
      place = placeAfter(place, leaf);
    }
    this.#waiting = [];
    this.#moveTo(place);
  }
}

function emptyPlace(): TreePlace {
  return { tree: new MerkleFrontier(), digest: null, covered: 0 };
}

function placeAfter({ tree: before, covered }: TreePlace, { digest, hash, isCheckpoint }: Leaf): TreePlace {
  const tree = before.clone();
  tree.appendHash(hash);
  return { tree, digest, covered: isCheckpoint ? tree.size : covered };
}
