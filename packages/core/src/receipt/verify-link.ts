import { createVerifier } from "#ed25519";
import { decodeBase64url } from "../codec/base64url.ts";
import { digestOf } from "../codec/digest.ts";
import type { VerifySignature } from "../codec/ed25519.ts";
import { signingInput } from "../codec/signing-input.ts";
import { jwkThumbprint, publicKeyBytes } from "./jwk-thumbprint.ts";
import { type KeyBody, receiptPayloadType } from "./receipt.ts";
import type { ReceiptText } from "./receipt-text.ts";
import type { ChainSummary, Flaw } from "./verify-report.ts";

/** The key that a chain goes on under. */
interface ChainKey {
  readonly kid: string;
  readonly verify: VerifySignature;
}

/** One chain while it is verified: each receipt is checked against the ones before it. */
export class ChainLinks {
  readonly #chain: string;
  readonly #trusted: ReadonlySet<string> | null;
  readonly #kids: string[] = [];
  #key: ChainKey | null = null;
  #seq = -1;
  #digest: string | null = null;
  #time = "";
  #closed = false;

  /** `trusted` holds the thumbprints that a chain may start with; null takes any. */
  constructor(chain: string, trusted: ReadonlySet<string> | null) {
    this.#chain = chain;
    this.#trusted = trusted;
  }

  /** The sequence number that must come next. */
  get nextSeq(): number {
    return this.#seq + 1;
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
    };
  }

  /** Takes the next receipt, or answers why it does not follow; `meaning` is asked last. */
  add(text: ReceiptText, meaning: () => Flaw | null): Flaw | null {
    const key = this.#place(text) ?? this.#keyAfter(text);
    if ("reason" in key) return key;
    const flaw = meaning();
    if (flaw !== null) return flaw;
    const { body } = text.receipt;
    if (key !== this.#key) this.#kids.push(key.kid);
    this.#key = key;
    this.#seq = body.seq;
    this.#digest = digestOf(text.json);
    this.#time = body.time;
    this.#closed = body.type === "close";
    return null;
  }

  #place({ receipt: { body } }: ReceiptText): Flaw | null {
    if (this.#closed) return { reason: "after_close", message: "the chain was closed before it" };
    if (body.seq > this.nextSeq) {
      return { reason: "sequence_gap", message: `receipt ${body.seq} stands where ${this.nextSeq} should` };
    }
    if (body.seq < this.nextSeq) {
      return {
        reason: "sequence_repeat",
        message: `receipt ${body.seq} stands where ${this.nextSeq} should`,
      };
    }
    if (body.prev !== this.#digest) {
      return {
        reason: "previous_digest",
        message: "it does not follow the receipt before it: one of them was changed",
      };
    }
    if (body.time < this.#time) {
      return { reason: "time_backwards", message: `its time ${body.time} is before ${this.#time}` };
    }
    return null;
  }

  /** Checks who signed, and answers the key that the chain goes on under. */
  #keyAfter({ receipt, bodyJson }: ReceiptText): ChainKey | Flaw {
    const { body, kid, sig } = receipt;
    const named = body.type === "key" ? readKey(body) : null;
    if (named !== null && "reason" in named) return named;
    const key = this.#key ?? named;
    if (key === null || (this.#key === null && kid !== key.kid)) {
      return { reason: "missing_key", message: "a chain starts with its own key, signed by itself" };
    }
    if (kid !== key.kid) {
      return {
        reason: "unknown_key",
        message: `it is signed by key ${kid}, but the chain's key is ${key.kid}`,
      };
    }
    if (this.#key === null && this.#trusted !== null && !this.#trusted.has(kid)) {
      return { reason: "untrusted_key", message: `key ${kid} is not among those trusted` };
    }
    if (!isSignedBy(key, sig, bodyJson)) {
      return { reason: "bad_signature", message: "its signature does not fit: it was changed after signing" };
    }
    return named ?? key;
  }
}

function readKey(body: KeyBody): ChainKey | Flaw {
  if (jwkThumbprint(body.jwk) !== body.kid) {
    return { reason: "bad_key", message: `${body.kid} is not the thumbprint of the key it comes with` };
  }
  try {
    return { kid: body.kid, verify: createVerifier(publicKeyBytes(body.jwk)) };
  } catch (error) {
    return { reason: "bad_key", message: error instanceof Error ? error.message : String(error) };
  }
}

function isSignedBy(key: ChainKey, sig: string, bodyJson: string): boolean {
  let signature: Uint8Array;
  try {
    signature = decodeBase64url(sig);
  } catch {
    return false;
  }
  return key.verify(signature, signingInput(receiptPayloadType, bodyJson));
}
