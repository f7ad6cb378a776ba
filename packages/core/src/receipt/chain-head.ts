import type { Receipt } from "./receipt.ts";
import type { ChainHead } from "./receipt-log.ts";

/** Where a chain ends once `receipt`, whose digest is `digest`, is its last one. */
export function headAfter(receipt: Receipt, digest: string): ChainHead {
  const { body } = receipt;
  return {
    chain: body.chain,
    seq: body.seq,
    digest,
    time: body.time,
    kid: body.type === "key" ? body.kid : receipt.kid,
    closed: body.type === "close",
  };
}

/**
 * Why a receipt cannot come after `head` in a log, in words for a person; null when it can.
 *
 * A log asks this so that two writers of one chain, or an entry sealed on top of one whose append failed,
 * cannot fork it.
 */
export function whyNotNext(receipt: Receipt, head: ChainHead | null): string | null {
  const { chain, seq, prev } = receipt.body;
  if (seq === (head === null ? 0 : head.seq + 1) && prev === (head === null ? null : head.digest))
    return null;
  const end = head === null ? "is empty" : `ends with ${head.seq}`;
  return `receipt ${seq} of chain "${chain}" does not follow: in this log the chain ${end}`;
}
