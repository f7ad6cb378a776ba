import {
  createGate,
  type Gate,
  type GateOptions,
  gateBudget,
  type Permit,
  type ReceiptLog,
  type Reservation,
} from "@tollgate/core";
import { isLease, type LeasingLedger, type LedgerAdmin } from "@tollgate/core/driver";
import type { LeasedLedger } from "@tollgate/core/leases";
import type { ManualClock } from "@tollgate/core/testing";
import { replayBalances, verifyChain } from "@tollgate/core/verify";
import { expect } from "vitest";
import { cut, processOn, ttl } from "./leased-process.ts";

/** A ledger and the receipts in the same store. */
export interface SharedStore {
  readonly ledger: LeasingLedger & LedgerAdmin;
  readonly log: ReceiptLog;
  /** Waits for what goes on behind a sweep. */
  readonly rest: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Makes an empty store that goes by the clock given, and misses the receipt of an ending after so long. */
export type MakeSharedStore = (clock: ManualClock, recordWithinMs: number) => Promise<SharedStore>;

/** How long after an ending its receipt is missed, in milliseconds. */
export const recordWithinMs: number = 60_000;
/** How long a reservation lives, in milliseconds. */
export const reservationTtlMs: number = 20_000;

/** A process that decides within leases, and what connects it with the shared ledger. */
export interface Machine {
  readonly gate: Gate;
  readonly ledger: LeasedLedger;
  /** Whether what it grants is told. */
  tells: boolean;
}

/** A store and the processes that use it. */
export class Shop {
  readonly store: SharedStore;
  readonly clock: ManualClock;

  constructor(store: SharedStore, clock: ManualClock) {
    this.store = store;
    this.clock = clock;
  }

  gate(options: GateOptions = {}): Gate {
    return createGate({
      ledger: processOn(this.store.ledger, this.clock),
      log: this.#log,
      budgets: [{ id: "money", limit: "1000 units", by: ["user"] }],
      reservationTtlMs,
      clock: this.clock,
      ...options,
    });
  }

  /** A process that dies, or is cut off, before it tells anything more of what it grants. */
  async machine(options: GateOptions = {}): Promise<Machine> {
    const { ledger } = this.store;
    const whileConnected = <Args extends readonly unknown[], Result>(call: (...args: Args) => Result) => {
      return (...args: Args): Result => (machine.tells ? call(...args) : cut());
    };
    const leased = processOn(ledger, this.clock, {
      record: whileConnected((grants) => ledger.record(grants)),
      extend: whileConnected((reservation, expiresAt) => ledger.extend(reservation, expiresAt)),
      release: whileConnected((reservation, reason) => ledger.release(reservation, reason)),
      nextExpiry: whileConnected(() => ledger.nextExpiry()),
    });
    const machine: Machine = { gate: this.gate({ ...options, ledger: leased }), ledger: leased, tells: true };
    await (await decide(machine.gate, "somebody")).settle();
    machine.tells = false;
    return machine;
  }

  /** Lets time pass, and has somebody sweep who lives. */
  async pass(ms: number, sweeper: Gate = this.gate()): Promise<void> {
    this.clock.advance(ms);
    await live(sweeper);
    // What a sweep finds behind its callers is told to the next.
    for (let round = 0; round < 3; round++) {
      await sweeper.balances();
      await this.store.rest();
    }
  }

  /** Until the leases of who died are over, and what is missing has had its time. */
  async outlive(): Promise<void> {
    await this.pass(reservationTtlMs + 2 * ttl);
    await this.pass(recordWithinMs);
  }

  /** What the receipts say of how a decision ended, over all chains. */
  async endingsOf({ id }: Permit): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const { body } of this.store.log.read()) {
      if (body.type !== "settlement" || body.reservation !== id) continue;
      found.push(`${body.outcome}${body.late === true ? " late" : ""}`);
    }
    return found;
  }

  /** Fails unless the receipts hold together, every decision has its end, and they come to the ledger's balances. */
  async check(): Promise<void> {
    const { log, ledger } = this.store;
    expect(await verifyChain(log.read())).toMatchObject({ break: null, open: 0 });
    expect(await ledger.balances({})).toMatchObject(await replayBalances(log.read()));
  }

  /** The log, which stays open when a gate is closed. */
  get #log(): ReceiptLog {
    const { log } = this.store;
    return {
      append: (entry) => log.append(entry),
      read: (query) => log.read(query),
      head: (chain) => log.head(chain),
    };
  }
}

/** Has a gate do something that costs nothing, so that it has written before. */
export async function live(gate: Gate): Promise<void> {
  await (await gateBudget(gate, { kind: "tool", name: "look" })).settle();
}

/** Decides about 10 units of somebody's. */
export function decide(gate: Gate, user = "alice", key?: string): Promise<Permit> {
  const run = gate.run({ user, id: "run" });
  const action = { kind: "tool", name: "pay", amounts: { units: 10n } } as const;
  return gateBudget(run, { ...action, ...(key !== undefined && { key }) });
}

/** The leases that are open, by their reservations. */
export async function openLeases({ store }: Shop): Promise<readonly Reservation[]> {
  const open = await store.ledger.reservations({ status: "open" });
  return open.map(({ reservation }) => reservation).filter(isLease);
}

/** The open reservation of a permit. */
export async function openReservation({ store }: Shop, { id }: Permit): Promise<Reservation> {
  const [found] = await store.ledger.reservations({ id, status: "open" });
  if (found === undefined) throw new Error(`${id} is not open`);
  return found.reservation;
}
