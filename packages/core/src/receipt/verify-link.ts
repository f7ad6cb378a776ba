import { digestOf } from "../codec/digest.ts";
import { MerkleFrontier } from "./merkle.ts";
import type { ReceiptBody } from "./receipt.ts";
import type { ReceiptText } from "./receipt-text.ts";
import { type ChainKey, ChainKeys, type IsSigned } from "./verify-keys.ts";
import type { ChainSummary, Flaw } from "./verify-report.ts";
import type { KeyTrust } from "./verify-trust.ts";

/** What a chain is verified with, and what the rest of the stream knows. */
export interface ChainContext {
  readonly trust: KeyTrust;
  readonly timeToleranceMs: number;
  /** Whether the beginning of the chain may have been dropped. */
  readonly trimmed: boolean;
  readonly isSigned: IsSigned;
  /** The digest of an earlier receipt of the chain; null where it was dropped. */
  digestAt(chain: string, seq: number): string | null;
}

/** A receipt that follows, as far as its chain alone can tell. */
export interface Followed {
  readonly digest: string;
  readonly signer: ChainKey;
  /** Over the receipts of the chain before it; null where some were dropped. */
  readonly tree: MerkleFrontier | null;
}

/**
 * One chain while it is verified: each receipt is checked against the ones before it.
 *
 * A chain whose beginning was dropped has its `key` receipts from there, with gaps among them, and then goes on with a
 * checkpoint: the anchor, from which on there is no gap.
 */
export class ChainLinks {
  readonly #chain: string;
  readonly #context: ChainContext;
  readonly #keys: ChainKeys;
  #tree: MerkleFrontier | null = new MerkleFrontier();
  #seq = -1;
  #count = 0;
  /** True as long as all that came were `key` receipts: only there may some be missing. */
  #isBeginning = true;
  /** From where on nothing is missing; null while the anchor has not come. */
  #from: number | null = 0;
  #digest: string | null = null;
  #time = "";
  #latest = "";
  #closed = false;
  #covered = 0;

  constructor(chain: string, context: ChainContext) {
    this.#chain = chain;
    this.#context = context;
    this.#keys = new ChainKeys(context.trust, context.isSigned);
  }

  /** The sequence number that must come next. */
  get nextSeq(): number {
    return this.#seq + 1;
  }

  /** Whether receipts were dropped and the checkpoint has not come that the rest hangs on. */
  get lacksAnchor(): boolean {
    return this.#from === null;
  }

  get closed(): boolean {
    return this.#closed;
  }

  summary(): ChainSummary {
    return {
      chain: this.#chain,
      receipts: this.#count,
      from: this.#from ?? this.nextSeq,
      seq: this.#seq,
      digest: this.#digest ?? "",
      time: this.#time,
      kids: this.#keys.kids,
      closed: this.#closed,
      root: this.#tree?.root() ?? null,
      covered: this.#covered,
    };
  }

  /** Takes the next receipt, or answers why it does not follow; `meaning` is asked last. */
  add(text: ReceiptText, meaning: (followed: Followed) => Flaw | null): Flaw | null {
    const flaw = this.#place(text);
    if (flaw !== null) return flaw;
    const signed = this.#keys.check(text);
    if ("reason" in signed) return signed;
    const digest = digestOf(text.json);
    const { body } = text.receipt;
    const tree = body.seq > this.nextSeq ? null : this.#tree;
    const problem = meaning({ digest, signer: signed.signer, tree });
    if (problem !== null) return problem;

    this.#keys.accept(signed);
    this.#tree = tree;
    if (body.type !== "key") this.#isBeginning = false;
    if (tree === null && this.#from === 0) this.#from = null;
    if (this.#from === null && body.type === "checkpoint") this.#from = body.seq;
    this.#count += 1;
    this.#seq = body.seq;
    this.#digest = digest;
    this.#time = body.time;
    if (body.time > this.#latest) this.#latest = body.time;
    this.#closed = body.type === "close";
    if (body.type === "checkpoint") this.#covered = body.size;
    this.#tree?.append(text.json);
    return null;
  }

  #place(text: ReceiptText): Flaw | null {
    const { body } = text.receipt;
    if (this.#closed) return { reason: "after_close", message: "the chain was closed before it" };
    const message = `receipt ${body.seq} stands where ${this.nextSeq} should`;
    if (body.seq > this.nextSeq && !this.#mayFollowGap(body)) return { reason: "sequence_gap", message };
    if (body.seq < this.nextSeq) return { reason: this.#isFork(text) ? "fork" : "sequence_repeat", message };
    if (this.lacksAnchor && !isKept(body)) {
      const lack = `receipt ${body.seq} comes before the checkpoint that the rest of a trimmed chain begins with`;
      return { reason: "sequence_gap", message: lack };
    }
    const isNext = body.seq === this.nextSeq;
    if (isNext ? body.prev !== this.#digest : body.prev === null) {
      return {
        reason: "previous_digest",
        message: "it does not follow the receipt before it: one of them was changed",
      };
    }
    if (body.time < this.#latest && this.#isTooEarly(body.time)) {
      return { reason: "time_backwards", message: `its time ${body.time} is before ${this.#latest}` };
    }
    return null;
  }

  /** Whether the receipts before this one may be those that were dropped: not before the first, nor in the middle. */
  #mayFollowGap(body: ReceiptBody): boolean {
    return this.#context.trimmed && this.#isBeginning && this.#seq >= 0 && isKept(body);
  }

  /** Whether the chain's own key signed another receipt for a place that is taken. */
  #isFork(text: ReceiptText): boolean {
    const there = this.#context.digestAt(this.#chain, text.receipt.body.seq);
    return there !== null && digestOf(text.json) !== there && this.#keys.hasSigned(text);
  }

  #isTooEarly(time: string): boolean {
    return Date.parse(this.#latest) - Date.parse(time) > this.#context.timeToleranceMs;
  }
}

/** Whether a receipt may follow others that were dropped: one of the chain's keys, or the anchor. */
function isKept({ type }: ReceiptBody): boolean {
  return type === "key" || type === "checkpoint";
}
