import { readTime } from "../action/config-values.ts";
import type { Receipt } from "./receipt.ts";
import type { ReceiptQuery } from "./receipt-log.ts";

/**
 * A test for the receipts that a query asks for, to be shown every receipt of its chain (or of all) in order.
 *
 * A settlement names neither run nor subject, so the filter remembers the matching decisions that are still open.
 *
 * @throws InvalidConfig for a time that is none.
 */
export function receiptFilter(query: ReceiptQuery = {}): (receipt: Receipt) => boolean {
  const { chain, run, subject } = query;
  const from = readTime(query.from, "from");
  const until = readTime(query.until, "until");
  const wanted = Object.entries(subject ?? {}).filter(([, value]) => value !== undefined);
  const open = new Set<string>();
  const isAbout = ({ body }: Receipt): boolean => {
    switch (body.type) {
      case "decision": {
        const { action } = body;
        if (run !== undefined && action.run !== run) return false;
        if (!wanted.every(([field, value]) => action.subject[field] === value)) return false;
        open.add(body.reservation ?? body.id);
        return true;
      }
      case "settlement": {
        const hold = body.reservation ?? body.decision;
        // An expired one may still be followed by a late settlement.
        return body.outcome === "expired" ? open.has(hold) : open.delete(hold);
      }
      case "approval":
      case "stop":
        return subject === undefined && body.run === run;
      default:
        return false;
    }
  };
  return (receipt) => {
    if (chain !== undefined && receipt.body.chain !== chain) return false;
    if ((run !== undefined || subject !== undefined) && !isAbout(receipt)) return false;
    if (from === undefined && until === undefined) return true;
    const time = Date.parse(receipt.body.time);
    return !(time < (from ?? time) || time >= (until ?? time + 1));
  };
}
