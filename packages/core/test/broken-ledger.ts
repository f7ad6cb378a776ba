import { type Ledger, memoryLedger } from "@tollgate/core";
import type { ManualClock } from "@tollgate/core/testing";

/** A memory ledger with some of its methods replaced; `sound` is the one behind it. */
export function brokenLedger(
  clock: ManualClock,
  parts: (sound: Ledger) => Partial<Ledger>,
  sound: Ledger = memoryLedger({ clock }),
): Ledger {
  return {
    reserve: (request) => sound.reserve(request),
    settle: (reservation, amounts, source) => sound.settle(reservation, amounts, source),
    release: (reservation, reason) => sound.release(reservation, reason),
    extend: (reservation, expiresAt) => sound.extend(reservation, expiresAt),
    expire: (now) => sound.expire(now),
    nextExpiry: () => sound.nextExpiry(),
    balances: (query) => sound.balances(query),
    ...parts(sound),
  };
}

/** Lets everything run that is ready to. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets time pass, a bit at a time, so that beats and deadlines come as they would. */
export async function pass(clock: ManualClock, ms: number, steps = 10): Promise<void> {
  for (let step = 0; step < steps; step++) {
    await turn();
    clock.advance(ms / steps);
    await turn();
  }
}
