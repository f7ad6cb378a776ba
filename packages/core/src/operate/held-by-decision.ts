import { InvalidConfig, StorageFailed } from "../errors.ts";
import { isLease } from "../ledger/leasing.ts";
import type { Reservation } from "../ledger/ledger.ts";
import type { KeptReservation, LedgerAdmin } from "../ledger/ledger-admin.ts";
import type { DecisionBody } from "../receipt/receipt.ts";
import type { ReceiptLog } from "../receipt/receipt-log.ts";

/** How long before a reservation its decision may be dated, by another clock or held out of a lease first. */
const earlierMs = 5 * 60 * 1000;

/** An open reservation and the decision that it was made for. */
export interface Held {
  readonly reservation: Reservation;
  readonly decision: DecisionBody;
}

/**
 * Finds an open reservation by its id, and the decision in the log that holds it.
 *
 * @throws InvalidConfig when it is a lease; StorageFailed when there is none, it has ended, or no decision in the log
 * holds it.
 */
export async function findHeld(
  ledger: Pick<LedgerAdmin, "reservations">,
  log: ReceiptLog,
  id: string,
): Promise<Held> {
  const { reservation, status, createdAt } = await find(ledger, id);
  if (isLease(reservation)) {
    throw new InvalidConfig(
      "reservation",
      `${id} is a lease: its process grants out of it, and it comes back when it expires`,
    );
  }
  if (status !== "open") throw new StorageFailed(`reservation ${id} is not open any more: it was ${status}`);
  for await (const { body } of log.read({ from: createdAt - earlierMs })) {
    if (body.type === "decision" && (body.reservation ?? body.id) === id)
      return { reservation, decision: body };
  }
  throw new StorageFailed(
    `no decision in the log holds reservation ${id}, so that no receipt could tell of its release: its gate may be ` +
      `about to write one, and else it expires at ${new Date(reservation.expiresAt).toISOString()}`,
  );
}

async function find(ledger: Pick<LedgerAdmin, "reservations">, id: string): Promise<KeptReservation> {
  const [found] = await ledger.reservations({ id, limit: 1 });
  if (found?.reservation.id === id) return found;
  throw new StorageFailed(`there is no reservation ${id}, or it ended so long ago that it was forgotten`);
}
