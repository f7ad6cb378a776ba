import { digestOf } from "../codec/digest.ts";
import { MerkleFrontier } from "./merkle.ts";
import type { ReceiptText } from "./receipt-text.ts";
import { type ChainKey, ChainKeys, type IsSigned } from "./verify-keys.ts";
import type { ChainSummary, Flaw } from "./verify-report.ts";
import type { KeyTrust } from "./verify-trust.ts";

/** What a chain is verified with, and what the rest of the stream knows. */
export interface ChainContext {
  readonly trust: KeyTrust;
  readonly timeToleranceMs: number;
  readonly isSigned: IsSigned;
  /** The digest of an earlier receipt of the chain. */
  digestAt(chain: string, seq: number): string | null;
}

/** A receipt that follows, as far as its chain alone can tell. */
export interface Followed {
  readonly digest: string;
  readonly signer: ChainKey;
  /** Over the receipts of the chain before it. */
  readonly tree: MerkleFrontier;
}

/** One chain while it is verified: each receipt is checked against the ones before it. */
export class ChainLinks {
  readonly #chain: string;
  readonly #context: ChainContext;
  readonly #keys: ChainKeys;
  readonly #tree: MerkleFrontier = new MerkleFrontier();
  #seq = -1;
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

  get closed(): boolean {
    return this.#closed;
  }

  summary(): ChainSummary {
    return {
      chain: this.#chain,
      receipts: this.#seq + 1,
      seq: this.#seq,
      digest: this.#digest ?? "",
      time: this.#time,
      kids: this.#keys.kids,
      closed: this.#closed,
      root: this.#tree.root(),
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
    const problem = meaning({ digest, signer: signed.signer, tree: this.#tree });
    if (problem !== null) return problem;

    const { body } = text.receipt;
    this.#keys.accept(signed);
    this.#seq = body.seq;
    this.#digest = digest;
    this.#time = body.time;
    if (body.time > this.#latest) this.#latest = body.time;
    this.#closed = body.type === "close";
    if (body.type === "checkpoint") this.#covered = body.size;
    this.#tree.append(text.json);
    return null;
  }

  #place(text: ReceiptText): Flaw | null {
    const { body } = text.receipt;
    if (this.#closed) return { reason: "after_close", message: "the chain was closed before it" };
    const message = `receipt ${body.seq} stands where ${this.nextSeq} should`;
    if (body.seq > this.nextSeq) return { reason: "sequence_gap", message };
    if (body.seq < this.nextSeq) return { reason: this.#isFork(text) ? "fork" : "sequence_repeat", message };
    if (body.prev !== this.#digest) {
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

  /** Whether the chain's own key signed another receipt for a place that is taken. */
  #isFork(text: ReceiptText): boolean {
    const there = this.#context.digestAt(this.#chain, text.receipt.body.seq);
    return digestOf(text.json) !== there && this.#keys.hasSigned(text);
  }

  #isTooEarly(time: string): boolean {
    return Date.parse(this.#latest) - Date.parse(time) > this.#context.timeToleranceMs;
  }
}
