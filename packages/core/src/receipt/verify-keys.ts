import { createVerifier } from "#ed25519";
import type { VerifySignature } from "../codec/ed25519.ts";
import { messageOf } from "../errors.ts";
import { jwkThumbprint, publicKeyBytes } from "./jwk-thumbprint.ts";
import type { KeyBody } from "./receipt.ts";
import type { ReceiptText } from "./receipt-text.ts";
import type { Flaw } from "./verify-report.ts";
import type { KeyTrust, Trust } from "./verify-trust.ts";

/** A key that receipts of a chain are signed with. */
export interface ChainKey {
  readonly kid: string;
  /** The `x` of its JWK. */
  readonly x: string;
  readonly verify: VerifySignature;
}

/** Whether a receipt is signed by this key, whose `kid` it names. */
export type IsSigned = (text: ReceiptText, key: ChainKey) => boolean;

/** A receipt that is signed as it must be. */
export interface SignedReceipt {
  readonly signer: ChainKey;
  /** The key that it names, if any, and the trust in the key that the chain goes on under. */
  readonly named: ChainKey | null;
  readonly trust: Trust;
}

/** The keys of one chain: the first, and each that it was handed over to. */
export class ChainKeys {
  readonly #trust: KeyTrust;
  readonly #isSigned: IsSigned;
  readonly #known = new Map<string, ChainKey>();
  readonly #kids: string[] = [];
  #present: { readonly key: ChainKey; readonly trust: Trust } | null = null;

  constructor(trust: KeyTrust, isSigned: IsSigned) {
    this.#trust = trust;
    this.#isSigned = isSigned;
  }

  /** Thumbprints, in order. */
  get kids(): readonly string[] {
    return [...this.#kids];
  }

  /** Whether any key that the chain has had so far signed a receipt. */
  hasSigned(text: ReceiptText): boolean {
    const key = this.#known.get(text.receipt.kid);
    return key !== undefined && this.#isSigned(text, key);
  }

  /** Checks that the chain's key signed a receipt, and might. */
  check(text: ReceiptText): SignedReceipt | Flaw {
    const { body, kid } = text.receipt;
    const named = body.type === "key" ? readKey(body) : null;
    if (named !== null && "reason" in named) return named;
    const present = this.#present;
    const signer = present?.key ?? named;
    if (signer === null || (present === null && kid !== signer.kid)) {
      return { reason: "missing_key", message: "a chain starts with its own key, signed by itself" };
    }
    if (kid !== signer.kid) {
      const message = `it is signed by key ${kid}, but the chain's key is ${signer.kid}`;
      return { reason: "unknown_key", message };
    }
    if (!this.#isSigned(text, signer)) {
      return { reason: "bad_signature", message: "its signature does not fit: it was changed after signing" };
    }
    const before = present?.trust ?? null;
    const trust = body.type === "key" ? this.#trust.grant(body, before) : before;
    // Only a key receipt opens a chain, so that there is trust by now.
    if (trust === null) return { reason: "missing_key", message: "a chain starts with its own key" };
    if ("reason" in trust) return trust;
    // A root that vouches for the key named vouches for the handover: so a chain whose key ran out can go on.
    const flaw =
      this.#trust.whyNot(kid, trust, body.time) ?? this.#trust.whyNotRooted(before ?? trust, body.time);
    return flaw ?? { signer, named, trust };
  }

  /** Goes on under the key that a receipt names which {@link check} found right. */
  accept({ named, trust }: SignedReceipt): void {
    if (named === null) return;
    this.#present = { key: named, trust };
    this.#known.set(named.kid, named);
    this.#kids.push(named.kid);
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
