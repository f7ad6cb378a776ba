import type { Break } from "@tollgate/core/verify";
import type { ReceiptSource } from "./receipt-source.ts";

/** Where receipts break and why, on one line; the message may quote texts from outside. */
export function breakText(
  { chain, seq, reason, message, index }: Break,
  source: Pick<ReceiptSource, "placeOf">,
): string {
  if (reason === "empty") return `${reason}: ${message}`;
  const where = chain === null ? "" : `, chain ${chain}, sequence ${seq}`;
  return `${source.placeOf(index)}${where}: ${reason}: ${message}`;
}
