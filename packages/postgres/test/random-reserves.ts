import { strict as assert } from "node:assert";
import type { Balance, Claim, Ledger, Reservation } from "@tollgate/core";
import { claim, range, request } from "./fixture.ts";

/** The limit of every balance that {@link reserveAtRandom} draws on. */
const randomLimit = 60n;

/** What came of the requests. */
export interface RandomReserves {
  readonly granted: readonly Reservation[];
  /** What was spent of each unit that an ended one held, by its id. */
  readonly ended: ReadonlyMap<string, bigint>;
  readonly refused: number;
  readonly failures: readonly unknown[];
}

/**
 * Makes so many requests, each for some of a few balances in any order, from as many callers at once; some of
 * what is granted is settled or released meanwhile.
 */
export async function reserveAtRandom(ledgers: readonly Ledger[], count: number): Promise<RandomReserves> {
  const ended = new Map<string, bigint>();
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
          if (chance < 0.7) {
            await ledger.release(answer.reservation, "not sent");
            ended.set(answer.reservation.id, 0n);
          } else if (chance < 0.97) {
            const spent = chance < 0.95 ? 0n : 1n;
            await ledger.settle(answer.reservation, { usd: spent }, "reported");
            ended.set(answer.reservation.id, spent);
          }
        } catch (error) {
          failures.push(error);
        }
      }
    }),
  );
  return { granted, ended, refused, failures };
}

/** Checks that each balance is what callers were told, and within its limit. */
export function checkSums(balances: readonly Balance[], { granted, ended }: RandomReserves): void {
  for (const balance of balances) {
    let held = 0n;
    let spent = 0n;
    for (const { id, claims } of granted) {
      for (const { budget, partition, amount } of claims) {
        if (budget !== balance.budget || partition !== balance.partition) continue;
        if (ended.has(id)) spent += ended.get(id) ?? 0n;
        else held += amount;
      }
    }
    assert.deepEqual([balance.held, balance.spent], [held, spent]);
    assert.ok(held + spent <= randomLimit, `${held} held and ${spent} spent of ${randomLimit}`);
  }
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
