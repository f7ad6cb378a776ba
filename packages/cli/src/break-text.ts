import type { Break } from "@tollgate/core/verify";
import type { ReceiptFiles } from "./receipt-files.ts";

/** Where receipts break and why, on one line; the message may quote texts from outside. */
export function breakText(
  { chain, seq, reason, message, index }: Break,
  files: Pick<ReceiptFiles, "placeOf">,
): string {
  if (reason === "empty") return `${reason}: ${message}`;
  const where = chain === null ? "" : `, chain ${chain}, sequence ${seq}`;
  return `${files.placeOf(index)}${where}: ${reason}: ${message}`;
}
