import type { Awaitable, Ledger } from "@tollgate/core";
import { turns } from "./passing-time.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** A ledger as over a network: questions and answers take a few turns each, so that calls overtake each other. */
export function slowLedger(sound: Ledger, random: SeededRandom): Ledger {
  const slowly = async <T>(call: () => Awaitable<T>): Promise<T> => {
    await turns(random.below(3));
    const answer = await call();
    await turns(random.below(3));
    return answer;
  };
  return {
    reserve: (request) => slowly(() => sound.reserve(request)),
    settle: (reservation, amounts, source) => slowly(() => sound.settle(reservation, amounts, source)),
    release: (reservation, reason) => slowly(() => sound.release(reservation, reason)),
    extend: (reservation, expiresAt) => slowly(() => sound.extend(reservation, expiresAt)),
    async *expire(now) {
      for await (const reservation of sound.expire(now)) {
        await turns(random.below(3));
        yield reservation;
      }
    },
    nextExpiry: () => slowly(() => sound.nextExpiry()),
    balances: (query) => slowly(() => sound.balances(query)),
  };
}
