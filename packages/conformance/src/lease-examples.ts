import type { MakeLeasingLedger } from "./lease-simulation.ts";
import type { LedgerLaw } from "./ledger-under-test.ts";

/** The contract of `record`, and what `leased` promises, sentence by sentence. */
export function leaseExamples(_make: MakeLeasingLedger): readonly LedgerLaw[] {
  return [];
}
