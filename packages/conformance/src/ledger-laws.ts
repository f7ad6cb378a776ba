import { concurrencyLaws } from "./ledger-concurrency-laws.ts";
import { exampleLaws } from "./ledger-example-laws.ts";
import { historyLaws } from "./ledger-history-laws.ts";
import type { LedgerLaw, MakeLedger } from "./ledger-under-test.ts";

export type { LedgerLaw, MakeLedger } from "./ledger-under-test.ts";

/** How hard to try. */
export interface LedgerLawOptions {
  /** How many histories each law is tried on. @default 200 */
  readonly runs?: number;
}

/**
 * The rules of core's `Ledger` interface, as properties over random histories and as examples.
 *
 * Register each with the test runner: `for (const { rule, check } of ledgerLaws(make)) it(rule, check)`.
 * The ledger's own clock must be before 2099, so that it does not forget the windows used here.
 */
export function ledgerLaws(make: MakeLedger, options: LedgerLawOptions = {}): readonly LedgerLaw[] {
  const runs = options.runs ?? 200;
  return [...historyLaws(make, runs), ...exampleLaws(make), ...concurrencyLaws(make, runs)];
}
