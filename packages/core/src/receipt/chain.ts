import { canonicalJson } from "../codec/canonical-json.ts";
import { digestOf } from "../codec/digest.ts";
import { given } from "../codec/given.ts";
import { VerificationError } from "../errors.ts";
import { headAfter } from "./chain-head.ts";
import type { Receipt, ReceiptBody, ReceiptHeader } from "./receipt.ts";
import type { ChainHead, SealedReceipt } from "./receipt-log.ts";
import { signBody } from "./sign-body.ts";
import type { Signer } from "./signer.ts";

/** A receipt body without what the chain fills in; `id` may be given where it is known already. */
export type ReceiptContent = ContentOf<ReceiptBody>;

type ContentOf<Body> = Body extends ReceiptBody
  ? Omit<Body, keyof ReceiptHeader> & { readonly id?: string }
  : never;

/** The receipt that a key signs a chain under: the first of its own, or of one that goes over to it. */
export function keyContent({ kid, publicKey, endorsement }: Signer): ReceiptContent {
  return given({ type: "key", kid, jwk: publicKey, endorsement });
}

/** What a chain is made of. */
export interface ChainOptions {
  /** The chain's name, unique among all chains that are ever verified together. */
  readonly chain: string;
  /** Whose key a new chain starts with. */
  readonly signer: Signer;
  /** Makes receipt ids: UUIDs version 7 of the time given in epoch milliseconds. */
  readonly newId: (now: number) => string;
}

/** Turns contents into receipts that are signed and linked to each other. One writer per chain. */
export interface ReceiptChain {
  readonly id: string;
  /** The last receipt sealed, or null before the first. */
  readonly head: ChainHead | null;
  /**
   * Takes a signer whose key the chain may be under, or go over to: by a `key` receipt that names it, which the
   * key before it signs.
   */
  admit(signer: Signer): void;
  /**
   * Signs `content` as the chain's next receipt; `now` is epoch milliseconds.
   *
   * The receipt's time is never before that of the one it follows, whatever `now` is. The first receipt must
   * be the `key` receipt of the signer itself, so that the chain can be checked from its own contents.
   *
   * @throws InvalidAction when the content is outside the receipt profile; SigningFailed (a
   * VerificationError) when the signer fails or refuses; any other VerificationError when the receipt would
   * break the chain. The chain then stays as it was.
   */
  seal(content: ReceiptContent, now: number): SealedReceipt;
  /**
   * Goes to where the log says that the chain ends; to be called before the first receipt and after an append
   * failed.
   *
   * @throws VerificationError when nothing can follow it: it is closed, or under a key without a signer here.
   */
  resume(head: ChainHead | null): void;
  /** Writes what must stand before the last receipt; to be called before that. @default nothing must */
  finish?(): Promise<void>;
}

/** A new chain; to go on with one that is there {@link ReceiptChain.resume} it. */
export function createChain({ chain, signer: first, newId }: ChainOptions): ReceiptChain {
  const signers = new Map([[first.kid, first]]);
  let head: ChainHead | null = null;
  let lastNow = Number.NaN;
  let lastTime = "";

  /** RFC 3339 of `now`; receipts of one millisecond share the text. */
  function timeOf(now: number): string {
    if (now !== lastNow) {
      lastTime = new Date(now).toISOString();
      lastNow = now;
    }
    return head !== null && lastTime < head.time ? head.time : lastTime;
  }

  /** Who signs next. @throws VerificationError when nobody can */
  function signerNow(): Signer {
    if (head?.closed) throw broken("is closed: give another chain");
    const signer = head === null ? first : signers.get(head.kid);
    if (signer !== undefined) return signer;
    throw broken(`goes on under key ${head?.kid}: give its signer or another chain`);
  }

  function broken(problem: string): VerificationError {
    return new VerificationError(`chain "${chain}" ${problem}`);
  }

  return {
    id: chain,
    get head() {
      return head;
    },
    admit(signer) {
      signers.set(signer.kid, signer);
    },
    seal(content, now) {
      const signer = signerNow();
      if (head === null && !(content.type === "key" && content.kid === signer.kid)) {
        throw broken("starts with its signer's key receipt");
      }
      const header: ReceiptHeader = {
        v: 1,
        id: content.id ?? newId(now),
        chain,
        seq: head === null ? 0 : head.seq + 1,
        prev: head === null ? null : head.digest,
        time: timeOf(now),
      };
      const body: ReceiptBody = { ...content, ...header };
      const bodyJson = canonicalJson(body, "receipt");
      const sig = signBody(signer, bodyJson, body);
      const receipt: Receipt = { body, kid: signer.kid, sig };
      // The receipt's own canonical form: body, kid and sig are in order, and the latter two need no escapes.
      const json = `{"body":${bodyJson},"kid":"${signer.kid}","sig":"${sig}"}`;
      const digest = digestOf(json);
      head = headAfter(receipt, digest);
      return { receipt, json, digest };
    },
    resume(next) {
      head = next;
      signerNow();
    },
  };
}
