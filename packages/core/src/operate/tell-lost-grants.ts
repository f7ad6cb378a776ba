import { readTime } from "../action/config-values.ts";
import { type Clock, systemClock } from "../clock.ts";
import { VerificationError } from "../errors.ts";
import type { LeasedGrant, LeasingLedger } from "../ledger/leasing.ts";
import type { LedgerAdmin } from "../ledger/ledger-admin.ts";
import type { DecisionBody } from "../receipt/receipt.ts";
import { type ReceiptStream, readReceiptText } from "../receipt/receipt-text.ts";

/** What to look through for grants that were lost. */
export interface LostGrantsQuery {
  /** The ledger that the gates leased from. */
  readonly ledger: LeasingLedger & Pick<LedgerAdmin, "reservations">;
  /** Receipts of gates that decide by this ledger and no other, verified; best since the process that died began. */
  readonly receipts: ReceiptStream;
  /**
   * Only decisions from before this time; RFC 3339 or epoch milliseconds.
   *
   * @default an hour ago: no process that lives keeps a grant to itself for so long
   */
  readonly until?: string | number;
  /** @default the system's clock */
  readonly clock?: Clock;
}

/**
 * Tells a ledger of what was granted out of leases by processes that died before they told it themselves, where nobody
 * else can: their receipts are not in the ledger's store. Answers the ids of the decisions.
 *
 * Each then holds what it claims until the next sweep of any gate, a second at most, which ends it as expired and
 * writes its receipt. Telling it again, or by several at once, changes nothing more; what is settled after all is
 * booked, as late as it is.
 *
 * @throws VerificationError when a receipt cannot be read, StorageFailed when the ledger fails, InvalidConfig for a time
 * that is none.
 */
export async function tellLostGrants(query: LostGrantsQuery): Promise<readonly string[]> {
  const { ledger, receipts, clock = systemClock } = query;
  const until = readTime(query.until, "until") ?? clock.now() - 60 * 60 * 1000;
  const lost: string[] = [];
  for (const body of await withoutEnd(receipts, until)) {
    const grant = grantOf(body);
    // A key that its caller chose is asked for in the ledger, which knows it under another name than its id.
    const known = await ledger.reservations({ id: grant.reservation.id, limit: 1 });
    if (known.length > 0) continue;
    await ledger.record([grant]);
    lost.push(body.id);
  }
  return lost;
}

/** The decisions from before a time that hold something and have no end. */
async function withoutEnd(receipts: ReceiptStream, until: number): Promise<Iterable<DecisionBody>> {
  const open = new Map<string, DecisionBody>();
  const ended = new Set<string>();
  let index = 0;
  for await (const input of receipts) {
    const text = readReceiptText(input);
    if ("reason" in text) throw new VerificationError(`receipt at ${index}: ${text.message}`);
    index += 1;
    const { body } = text.receipt;
    if (body.type === "decision" && body.reservation !== null) {
      // Of several files the end may come first.
      if (Date.parse(body.time) < until && !ended.has(body.reservation)) open.set(body.reservation, body);
    } else if (body.type === "settlement") {
      const hold = body.reservation ?? body.decision;
      if (!open.delete(hold)) ended.add(hold);
    }
  }
  return open.values();
}

/** The grant of a decision, as its process would have told it; without its leases, which are over. */
function grantOf({ id, time, reservation, action, enforced, claims }: DecisionBody): LeasedGrant {
  const own = reservation ?? id;
  return {
    reservation: {
      id: own,
      key: own,
      digest: enforced ?? action.digest,
      // A receipt does not say when a window ends, nor what was its limit.
      claims: claims.map(({ amount, ...place }) => ({
        ...place,
        amount: BigInt(amount),
        endsAt: null,
        limit: null,
        soft: false,
      })),
      expiresAt: Date.parse(time),
    },
    leases: [],
    ending: null,
  };
}
