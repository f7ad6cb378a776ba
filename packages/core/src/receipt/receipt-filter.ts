import type { Receipt } from "./receipt.ts";
import type { ReceiptQuery } from "./receipt-log.ts";

/**
 * A test for the receipts that a query asks for, to be shown every receipt in order.
 *
 * A settlement names no run, so the filter remembers the run's decisions that are still open.
 */
export function receiptFilter(query: ReceiptQuery = {}): (receipt: Receipt) => boolean {
  const { chain, run } = query;
  const open = new Set<string>();
  const isOfRun = ({ body }: Receipt): boolean => {
    switch (body.type) {
      case "decision":
        if (body.action.run !== run) return false;
        open.add(body.reservation ?? body.id);
        return true;
      case "settlement": {
        const hold = body.reservation ?? body.decision;
        // An expired one may still be followed by a late settlement.
        return body.outcome === "expired" ? open.has(hold) : open.delete(hold);
      }
      case "approval":
      case "stop":
        return body.run === run;
      default:
        return false;
    }
  };
  return (receipt) =>
    (chain === undefined || receipt.body.chain === chain) && (run === undefined || isOfRun(receipt));
}
