import type { ManualClock } from "@tollgate/core/testing";
import { turn } from "./broken-ledger.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** How many turns work may take before it counts as hanging; several times what it needs. */
const patience = 2000;

/** Lets a number of turns of the event loop go by. */
export async function turns(count: number): Promise<void> {
  for (let gone = 0; gone < count; gone++) await turn();
}

/** Does work while time passes, a quarter of a second a turn on average; rejects when it hangs. */
export async function whileTimePasses<T>(
  clock: ManualClock,
  random: SeededRandom,
  work: () => Promise<T>,
): Promise<T> {
  let isDone = false;
  const working = work().finally(() => {
    isDone = true;
  });
  working.catch(() => undefined);
  for (let gone = 0; !isDone; gone++) {
    if (gone === patience) throw new Error("it hangs");
    await turn();
    clock.advance(random.below(500));
  }
  return working;
}
