import { VerificationError } from "../errors.ts";
import type { Receipt } from "../receipt/receipt.ts";
import { type ReceiptStream, readReceiptText } from "../receipt/receipt-text.ts";

/**
 * Reads receipts without verifying them: their shape and canonical form are checked, their signatures and their
 * chain are not. For a file use `receiptLines`.
 *
 * @throws VerificationError naming the first line that is no receipt, from 1, and why.
 */
export async function* readReceipts(receipts: ReceiptStream): AsyncGenerator<Receipt, void, void> {
  let line = 0;
  for await (const input of receipts) {
    line += 1;
    const text = readReceiptText(input);
    if ("reason" in text)
      throw new VerificationError(`line ${line} is no receipt (${text.reason}): ${text.message}`);
    yield text.receipt;
  }
}
