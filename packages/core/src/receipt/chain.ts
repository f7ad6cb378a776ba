import { canonicalJson } from "../codec/canonical-json.ts";
import { digestOf } from "../codec/digest.ts";
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

/** What a chain is made of. */
export interface ChainOptions {
  /** The chain's name, unique among all chains that are ever verified together. */
  readonly chain: string;
  readonly signer: Signer;
  /** Makes receipt ids: UUIDs version 7 of the time given in epoch milliseconds. */
  readonly newId: (now: number) => string;
  /** Where to go on. @default null (a new chain) */
  readonly head?: ChainHead | null;
}

/** Turns contents into receipts that are signed and linked to each other. One writer per chain. */
export interface ReceiptChain {
  readonly id: string;
  /** The last receipt sealed, or null before the first. */
  readonly head: ChainHead | null;
  /**
   * Signs `content` as the chain's next receipt; `now` is epoch milliseconds.
   *
   * The receipt's time is never before that of the one it follows, whatever `now` is. The first receipt must
   * be the `key` receipt of the signer itself, so that the chain can be checked from its own contents.
   *
   * @throws InvalidAction when the content is outside the receipt profile; SigningFailed (a
   * VerificationError) when the signer fails; any other VerificationError when the receipt would break the
   * chain. The chain then stays as it was.
   */
  seal(content: ReceiptContent, now: number): SealedReceipt;
  /** Goes back to what the log really has; to be called after an append failed. */
  resume(head: ChainHead | null): void;
}

/** A chain that goes on from `head`, or a new one. */
export function createChain({ chain, signer, newId, head: start = null }: ChainOptions): ReceiptChain {
  let head: ChainHead | null = start;
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

  return {
    id: chain,
    get head() {
      return head;
    },
    seal(content, now) {
      const problem = whyNotSealed(content, head, signer);
      if (problem !== null) throw new VerificationError(`chain "${chain}": ${problem}`);
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
      const sig = signBody(signer, bodyJson);
      const receipt: Receipt = { body, kid: signer.kid, sig };
      // The receipt's own canonical form: body, kid and sig are in order, and the latter two need no escapes.
      const json = `{"body":${bodyJson},"kid":"${signer.kid}","sig":"${sig}"}`;
      const digest = digestOf(json);
      head = headAfter(receipt, digest);
      return { receipt, json, digest };
    },
    resume(next) {
      head = next;
    },
  };
}

/** Why the signer cannot seal this content after `head`; null when it can. */
function whyNotSealed(content: ReceiptContent, head: ChainHead | null, signer: Signer): string | null {
  if (head === null) {
    return content.type === "key" && content.kid === signer.kid
      ? null
      : "the first receipt must be the signer's own key receipt";
  }
  if (head.closed) return "is closed; start another chain";
  if (head.kid !== signer.kid) return `goes on under key ${head.kid}, not ${signer.kid}`;
  return null;
}
