import { createVerifier } from "#ed25519";
import { digestOf } from "../codec/digest.ts";
import type { VerifySignature } from "../codec/ed25519.ts";
import { messageOf } from "../errors.ts";
import { jwkThumbprint, publicKeyBytes } from "./jwk-thumbprint.ts";
import { MerkleFrontier } from "./merkle.ts";
import type { KeyBody, ReceiptBody } from "./receipt.ts";
import type { ReceiptText } from "./receipt-text.ts";
import type { ChainSummary, Flaw } from "./verify-report.ts";
import type { KeyTrust, Trust } from "./verify-trust.ts";

/** A key that receipts of a chain are signed with. */
export interface ChainKey {
  readonly kid: string;
  /** The `x` of its JWK. */
  readonly x: string;
  readonly verify: VerifySignature;
}

/** What a chain is verified with, and what the rest of the stream knows. */
export interface ChainContext {
  readonly trust: KeyTrust;
  readonly timeToleranceMs: number;
  /** Whether a receipt is signed by this key, whose `kid` it names. */
  isSigned(text: ReceiptText, key: ChainKey): boolean;
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
  readonly #keys = new Map<string, ChainKey>();
  readonly #kids: string[] = [];
  readonly #tree: MerkleFrontier = new MerkleFrontier();
  #key: ChainKey | null = null;
  #trust: Trust | null = null;
  #seq = -1;
  #digest: string | null = null;
  #time = "";
  #latest = "";
  #closed = false;
  #covered = 0;

  constructor(chain: string, context: ChainContext) {
    this.#chain = chain;
    this.#context = context;
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
      kids: [...this.#kids],
      closed: this.#closed,
      root: this.#tree.root(),
      covered: this.#covered,
    };
  }

  /** Takes the next receipt, or answers why it does not follow; `meaning` is asked last. */
  add(text: ReceiptText, meaning: (followed: Followed) => Flaw | null): Flaw | null {
    const { body, kid } = text.receipt;
    const flaw = this.#place(text);
    if (flaw !== null) return flaw;
    const named = body.type === "key" ? readKey(body) : null;
    if (named !== null && "reason" in named) return named;
    const signer = this.#signer(text, named);
    if ("reason" in signer) return signer;
    const trust = this.#trustAfter(body, kid);
    if ("reason" in trust) return trust;
    const digest = digestOf(text.json);
    const problem = meaning({ digest, signer, tree: this.#tree });
    if (problem !== null) return problem;

    if (named !== null) {
      this.#key = named;
      this.#keys.set(named.kid, named);
      this.#kids.push(named.kid);
    }
    this.#trust = trust;
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
    const { body, kid } = text.receipt;
    const key = this.#keys.get(kid);
    if (key === undefined || digestOf(text.json) === this.#context.digestAt(this.#chain, body.seq))
      return false;
    return this.#context.isSigned(text, key);
  }

  #isTooEarly(time: string): boolean {
    return Date.parse(this.#latest) - Date.parse(time) > this.#context.timeToleranceMs;
  }

  /** Checks who signed; `named` is the key that the receipt names, if any. */
  #signer(text: ReceiptText, named: ChainKey | null): ChainKey | Flaw {
    const { kid } = text.receipt;
    const key = this.#key ?? named;
    if (key === null || (this.#key === null && kid !== key.kid)) {
      return { reason: "missing_key", message: "a chain starts with its own key, signed by itself" };
    }
    if (kid !== key.kid) {
      const message = `it is signed by key ${kid}, but the chain's key is ${key.kid}`;
      return { reason: "unknown_key", message };
    }
    return this.#context.isSigned(text, key)
      ? key
      : { reason: "bad_signature", message: "its signature does not fit: it was changed after signing" };
  }

  /** Checks that who signed may, and answers the trust in the key that the chain goes on under. */
  #trustAfter(body: ReceiptBody, kid: string): Trust | Flaw {
    const { trust } = this.#context;
    const next = body.type === "key" ? trust.grant(body, this.#trust) : this.#trust;
    if (next === null) return { reason: "missing_key", message: "a chain starts with its own key" };
    if ("reason" in next) return next;
    const before = this.#trust ?? next;
    // A root that vouches for the key named vouches for the handover: so a chain whose key ran out can go on.
    return trust.whyNot(kid, next, body.time) ?? trust.whyNotRooted(before, body.time) ?? next;
  }
}

function readKey(body: KeyBody): ChainKey | Flaw {
  if (jwkThumbprint(body.jwk) !== body.kid) {
    return { reason: "bad_key", message: `${body.kid} is not the thumbprint of the key it comes with` };
  }
  try {
    return { kid: body.kid, x: body.jwk.x, verify: createVerifier(publicKeyBytes(body.jwk)) };
  } catch (error) {
    return { reason: "bad_key", message: messageOf(error) };
  }
}
