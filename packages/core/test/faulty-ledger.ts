import type { Ledger, Reservation } from "@tollgate/core";
import type { Fault } from "./fault.ts";

/** A ledger that a fault may strike; `expire` in any of the reservations that it ends. */
export function faultyLedger(sound: Ledger, fault: Fault): Ledger {
  return {
    reserve: (request) => fault.call("ledger.reserve", () => sound.reserve(request)),
    settle: (reservation, amounts, source) =>
      fault.call("ledger.settle", () => sound.settle(reservation, amounts, source)),
    release: (reservation, reason) => fault.call("ledger.release", () => sound.release(reservation, reason)),
    extend: (reservation, expiresAt) =>
      fault.call("ledger.extend", () => sound.extend(reservation, expiresAt)),
    expire(now) {
      const expired = sound.expire(now)[Symbol.asyncIterator]();
      const next = async (): Promise<IteratorResult<Reservation>> =>
        fault.call("ledger.expire", () => expired.next());
      return { [Symbol.asyncIterator]: () => ({ next }) };
    },
    nextExpiry: () => fault.call("ledger.nextExpiry", () => sound.nextExpiry()),
    balances: (query) => sound.balances(query),
  };
}
