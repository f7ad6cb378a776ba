import type { Claim, Ledger, Reservation } from "@tollgate/core";
import { claim, range, request } from "./fixture.ts";

/** The limit of every balance that {@link reserveAtRandom} draws on. */
export const randomLimit = 400n;

/** What came of the requests. */
export interface RandomReserves {
  readonly granted: readonly Reservation[];
  readonly refused: number;
  readonly failures: readonly unknown[];
}

/**
 * Makes so many requests, each for some of a few balances in any order, from as many callers at once; some of
 * what is granted is settled or released meanwhile.
 */
export async function reserveAtRandom(
  ledgers: readonly Ledger[],
  count: number,
  onEnded: (reservation: Reservation, spent: bigint) => void,
): Promise<RandomReserves> {
  const granted: Reservation[] = [];
  const failures: unknown[] = [];
  let refused = 0;
  let next = 0;
  await Promise.all(
    ledgers.map(async (ledger) => {
      for (let nth = next++; nth < count; nth = next++) {
        try {
          const answer = await ledger.reserve(request(`key ${nth}`, someClaims()));
          if (answer.status !== "reserved") {
            refused += 1;
            continue;
          }
          granted.push(answer.reservation);
          const chance = Math.random();
          if (chance < 0.3) {
            await ledger.release(answer.reservation, "not sent");
            onEnded(answer.reservation, 0n);
          } else if (chance < 0.4) {
            await ledger.settle(answer.reservation, { usd: 1n }, "reported");
            onEnded(answer.reservation, 1n);
          }
        } catch (error) {
          failures.push(error);
        }
      }
    }),
  );
  return { granted, refused, failures };
}

/** One to five claims on eight balances, in any order, sometimes two on one. */
function someClaims(): readonly Claim[] {
  return range(1 + Math.floor(Math.random() * 5)).map(() => {
    const nth = Math.floor(Math.random() * 8);
    return claim({
      budget: `b${nth % 4}`,
      partition: nth < 4 ? "" : "user=\u{1f512}",
      amount: BigInt(1 + Math.floor(Math.random() * 3)),
      limit: randomLimit,
      soft: Math.random() < 0.2,
    });
  });
}
