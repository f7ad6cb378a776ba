import { VerificationError } from "../errors.ts";
import type { Receipt } from "../receipt/receipt.ts";
import { type ReceiptInput, readReceiptText } from "../receipt/receipt-text.ts";

/**
 * Reads one receipt without verifying it: its shape and canonical form are checked, its signature and its chain
 * are not.
 *
 * @throws VerificationError saying why it is none.
 */
export function parseReceipt(input: ReceiptInput): Receipt {
  const text = readReceiptText(input);
  if ("reason" in text) throw new VerificationError(`no receipt (${text.reason}): ${text.message}`);
  return text.receipt;
}
