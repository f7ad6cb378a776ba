import fc from "fast-check";
import { recordExamples } from "./lease-examples.ts";
import { leaseHistories } from "./lease-history.ts";
import { LeaseSimulation, type MakeLeasingLedger } from "./lease-simulation.ts";
import { leasedExamples } from "./leased-examples.ts";
import { leasedFaultExamples } from "./leased-fault-examples.ts";
import type { LedgerLaw } from "./ledger-under-test.ts";

export type { MakeLeasingLedger } from "./lease-simulation.ts";
export { untoldLaws } from "./untold-examples.ts";
export type { MakeSharedStore, SharedStore } from "./untold-shop.ts";
export { decide, openLeases, recordWithinMs, Shop } from "./untold-shop.ts";

/**
 * The rules of core's `LeasingLedger`, and of `leased` over it: as examples, and over random histories of several
 * processes that fail and die.
 *
 * Register each with the test runner: `for (const { rule, check } of leaseLaws(make)) it(rule, check)`.
 */
export function leaseLaws(
  make: MakeLeasingLedger,
  { runs = 200 }: { readonly runs?: number } = {},
): readonly LedgerLaw[] {
  const overHistories = {
    rule: "several processes with leases, some of which fail or die, never grant more than a limit, and lose nothing",
    check: () =>
      fc.assert(
        fc.asyncProperty(leaseHistories, (groups) => LeaseSimulation.run(make, groups)),
        // A history that hangs is shown, too.
        { numRuns: runs, timeout: 20_000 },
      ),
  };
  return [...recordExamples(make), ...leasedExamples(make), ...leasedFaultExamples(make), overHistories];
}
