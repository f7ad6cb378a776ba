import { checkInBatches } from "./check-in-batches.ts";
import { type ReceiptInput, type ReceiptStream, readReceiptText } from "./receipt-text.ts";
import { readVerifyOptions, type VerifyOptions } from "./verify-options.ts";
import type { VerifyReport } from "./verify-report.ts";
import { isSignedBy, SignedBytes } from "./verify-signature.ts";
import { StreamVerifier } from "./verify-stream.ts";

/**
 * Verifies whole chains of receipts, one or many in one stream, up to the first receipt that does not hold.
 *
 * Checks each receipt's shape, canonical form, key, signature, place in its chain and time; that its key was
 * trusted, endorsed by a trusted one or handed over to by one of these, in time and not revoked; that every
 * settlement ends one open decision (see {@link OpenDecisions}; it may stand in another chain of the stream) for
 * no more than was held, overage apart; and that every checkpoint is one of the receipts before it, and the
 * other chains that it names are there, before it or after it. Text is checked byte by byte; for a file use
 * `receiptLines`.
 *
 * With `trimmed` a chain may lack its beginning, up to one of its checkpoints, all but the `key` receipts there: the
 * report says `from` where it is whole. Roots cannot be checked then, nor decisions that were dropped, and heads
 * before it count as seen.
 *
 * What it cannot see is an end cut off after the last checkpoint: give `heads` that were kept elsewhere, or
 * `closed`. Memory grows with chains, open decisions and, by 32 bytes each, with receipts; with `trimmed` also by
 * some 100 bytes with each settlement. Rejects when the stream does, and with InvalidConfig or VerificationError
 * for options that make no sense.
 */
export async function verifyChain(
  receipts: ReceiptStream,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const rules = readVerifyOptions(options);
  if (options.signatures !== undefined) return checkInBatches(receipts, rules, options.signatures);
  const signed = new SignedBytes();
  const verifier = new StreamVerifier(rules, (text, key) =>
    isSignedBy(key.verify, text.receipt.sig, signed.of(text)),
  );
  const take = (input: ReceiptInput): boolean => verifier.take(readReceiptText(input));
  if (isAsync(receipts)) {
    for await (const input of receipts) if (!take(input)) break;
  } else {
    // Nothing to wait for, and waiting for nothing takes its time, too.
    for (const input of receipts) if (!take(input)) break;
  }
  return verifier.report();
}

function isAsync(receipts: ReceiptStream): receipts is AsyncIterable<ReceiptInput> {
  return Symbol.asyncIterator in Object(receipts);
}
