import { type Ledger, memoryLedger } from "@tollgate/core";

/** A ledger in memory that counts what it is asked to hold. */
export function watchedLedger(): Ledger & { readonly asked: () => number } {
  const ledger = memoryLedger();
  let asked = 0;
  return {
    asked: () => asked,
    reserve: (request) => {
      asked++;
      return ledger.reserve(request);
    },
    settle: ledger.settle.bind(ledger),
    release: ledger.release.bind(ledger),
    extend: ledger.extend.bind(ledger),
    expire: ledger.expire.bind(ledger),
    nextExpiry: ledger.nextExpiry.bind(ledger),
    balances: ledger.balances.bind(ledger),
  };
}
