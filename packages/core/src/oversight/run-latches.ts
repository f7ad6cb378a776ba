import type { Stops } from "../ledger/stops.ts";

/** How long a run's stop is remembered after it was made: seven days. */
const retentionMs = 7 * 24 * 60 * 60 * 1000;
/** At most this many stopped runs are remembered; beyond it the oldest is forgotten. */
const maxStopped = 100_000;

/**
 * Which runs and agents are stopped, in memory.
 *
 * A run's stop is remembered for seven days, and for the latest 100,000 stopped runs; every open handle of the
 * run remembers it for as long as the handle lives. An agent's is remembered until it is lifted.
 */
export class RunLatches implements Stops {
  readonly #stopped = new Map<string | undefined, { readonly reason: string; readonly at: number }>();

  reason(name: string | undefined): string | null {
    return this.#stopped.get(name)?.reason ?? null;
  }

  stop(name: string, reason: string, now: number): boolean {
    if (this.#stopped.has(name)) return false;
    this.#stopped.set(name, { reason, at: now });
    for (const [other, { at }] of this.#stopped) {
      if (at > now - retentionMs && this.#stopped.size <= maxStopped) break;
      // Only agents' names have spaces.
      if (!other?.includes(" ")) this.#stopped.delete(other);
    }
    return true;
  }
  lift(name: string): void {
    this.#stopped.delete(name);
  }
}
