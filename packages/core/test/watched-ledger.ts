import { type Ledger, memoryLedger, type ReserveResult } from "@tollgate/core";
import type { ManualClock } from "@tollgate/core/testing";
import { brokenLedger } from "./broken-ledger.ts";

/** A memory ledger that calls `seen` with every balance that is above its limit right after a grant. */
export function watchedLedger(clock: ManualClock, seen: (above: string) => void): Ledger {
  return brokenLedger(
    clock,
    (sound) => ({
      reserve: (request) => {
        const result = sound.reserve(request) as ReserveResult;
        if (result.status !== "reserved") return result;
        for (const { budget, partition, limit, spent, held } of result.balances) {
          if (limit !== null && spent + held > limit) seen(`${budget} ${partition}: ${spent} + ${held}`);
        }
        return result;
      },
    }),
    memoryLedger({ clock }),
  );
}
