import { canonicalJson } from "../codec/canonical-json.ts";
import { InvalidConfig, messageOf } from "../errors.ts";
import type { Adjustment } from "../ledger/ledger-admin.ts";
import type { ReceiptContent } from "../receipt/chain.ts";
import { readReceipt } from "../receipt/receipt-schema.ts";

/** What the receipt of an adjustment says. */
export type AdjustmentContent = Extract<ReceiptContent, { type: "adjustment" }>;

/** Far more than names and reasons take, and far less than a line of a log may have. */
const maxLength = 1_000_000;

/** The members that every receipt has, in forms that are never at fault. */
const header = {
  v: 1,
  id: "00000000-0000-7000-8000-000000000000",
  chain: "operator",
  seq: 0,
  prev: null,
  time: "2000-01-01T00:00:00.000Z",
} as const;

/**
 * What a receipt says of an adjustment.
 *
 * Asked before the ledger is: what it takes a receipt must be able to tell of.
 *
 * @throws InvalidConfig when no receipt can hold it.
 */
export function adjustmentContent(adjustment: Adjustment): AdjustmentContent {
  const { id, kind, budget, partition, window, unit, amount, by, reason } = adjustment;
  if (typeof amount !== "bigint")
    throw new InvalidConfig("amount", "expected a bigint, such as -5_000_000_000n");
  const content: AdjustmentContent = {
    type: "adjustment",
    adjustment: id,
    kind,
    budget,
    partition,
    window,
    unit,
    amount: amount.toString(),
    by,
    reason,
  };
  const reading = readReceipt({ body: { ...header, ...content }, kid: "A".repeat(43), sig: "A".repeat(86) });
  if (reading.status !== "ok") throw new InvalidConfig("adjustment", reading.message);
  let text: string;
  try {
    text = canonicalJson(content, "receipt");
  } catch (cause) {
    throw new InvalidConfig("adjustment", messageOf(cause), { cause });
  }
  if (text.length > maxLength) throw new InvalidConfig("adjustment", "is too long for a receipt");
  return content;
}
