import { letsThrough } from "../receipt/open-decisions.ts";
import type { DecisionBody, Receipt, SettlementBody } from "../receipt/receipt.ts";

/** Receipts in the order of their log. */
export type Receipts = Iterable<Receipt> | AsyncIterable<Receipt>;

/** A receipt beside the decision that it is about. */
export interface DecidedReceipt {
  readonly receipt: Receipt;
  /** A decision itself, or the one that a settlement ends; null for other types, and where it is not at hand. */
  readonly decision: DecisionBody | null;
}

/**
 * Finds the decision of each settlement as receipts go by in order, for a settlement tells neither who nor what.
 *
 * A decision is forgotten when it has settled or been released; memory grows with those that have not. Nothing
 * is verified.
 */
export class OpenActions {
  readonly #open = new Map<string, DecisionBody>();

  /** The decision that a receipt is about, or null. */
  decisionOf({ body }: Receipt): DecisionBody | null {
    if (body.type === "settlement") return this.#end(body);
    if (body.type !== "decision") return null;
    const hold = body.reservation ?? body.id;
    // A decision that replays the answer of an open reservation holds nothing anew.
    if (!this.#open.has(hold) && letsThrough(body)) this.#open.set(hold, body);
    return body;
  }

  #end(body: SettlementBody): DecisionBody | null {
    const hold = body.reservation ?? body.decision;
    const decision = this.#open.get(hold) ?? null;
    // An expired one may still be settled late.
    if (body.outcome !== "expired") this.#open.delete(hold);
    return decision;
  }
}

/** Each receipt beside the decision that it is about; see {@link OpenActions}. */
export async function* decidedReceipts(receipts: Receipts): AsyncGenerator<DecidedReceipt, void, void> {
  const open = new OpenActions();
  for await (const receipt of receipts) yield { receipt, decision: open.decisionOf(receipt) };
}
