import { isLease, type KeptReservation, type ReservationQuery } from "@tollgate/core/driver";
import { formatAmount, printableJson } from "@tollgate/core/export";
import { good } from "../cli-error.ts";
import { requiredStore, type StoreOption } from "../store-name.ts";
import { type Column, tableText } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { withStore } from "../with-store.ts";

/** What `tollgate ledger reservations` was asked for. */
export interface LedgerReservationsOptions extends StoreOption {
  readonly budget?: string;
  readonly limit: number;
  /** Only those that hold something. */
  readonly open?: boolean;
  readonly json?: boolean;
}

/** Shows the newest reservations that the ledger keeps. */
export async function ledgerReservations(
  options: LedgerReservationsOptions,
  { out, paint }: Terminal,
): Promise<number> {
  const { budget, limit, open, json } = options;
  const query: ReservationQuery = {
    ...(budget === undefined ? {} : { budget }),
    ...(open === true ? { status: "open" } : {}),
    limit,
  };
  const found = await withStore(requiredStore(options), async ({ ledger }) => ledger.reservations(query));
  if (json === true) await out.write(`${printableJson(found.map(reservationJson))}\n`);
  else if (found.length === 0) await out.write("the ledger keeps no such reservation\n");
  else await out.write(tableText(columns, found.flatMap(linesOf(Date.now())), paint));
  return good;
}

function reservationJson({ reservation, status, createdAt }: KeptReservation): unknown {
  const { id, key, claims, expiresAt } = reservation;
  return {
    id,
    key,
    status,
    lease: isLease(reservation),
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    claims: claims.map(({ budget, partition, window, unit, amount }) => ({
      budget,
      partition,
      window,
      unit,
      amount,
    })),
  };
}

/** A line of the table: a claim, with the reservation that it is of where it is the first. */
interface ClaimLine {
  readonly id: string;
  readonly status: string;
  readonly since: string;
  readonly expires: string;
  readonly holds: string;
  readonly budget: string;
  readonly partition: string;
}

function linesOf(now: number): (kept: KeptReservation) => readonly ClaimLine[] {
  return ({ reservation, status, createdAt }) => {
    const { id, claims, expiresAt } = reservation;
    const state = [
      status === "open" && expiresAt <= now ? "open, due" : status,
      ...(isLease(reservation) ? ["lease"] : []),
    ];
    const head = { id, status: state.join(", "), since: timeText(createdAt), expires: timeText(expiresAt) };
    const lines = claims.map(({ unit, amount, budget, partition }) => {
      const held = formatAmount(unit, amount);
      return { holds: status === "open" ? held : `(${held})`, budget, partition };
    });
    const [first = { holds: "", budget: "", partition: "" }, ...rest] = lines;
    return [{ ...head, ...first }, ...rest.map((line) => ({ ...noHead, ...line }))];
  };
}

const noHead = { id: "", status: "", since: "", expires: "" };

/** `2026-11-20 09:15:46`. */
function timeText(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace("T", " ");
}

const columns: readonly Column<ClaimLine>[] = [
  { title: "RESERVATION", text: ({ id }) => id },
  { title: "STATUS", text: ({ status }) => status },
  { title: "SINCE (UTC)", text: ({ since }) => since },
  { title: "EXPIRES (UTC)", text: ({ expires }) => expires },
  { title: "HOLDS", pad: "start", text: ({ holds }) => holds },
  { title: "BUDGET", text: ({ budget }) => budget },
  { title: "PARTITION", text: ({ partition }) => partition },
];
