import type { Awaitable } from "@tollgate/core";

/**
 * Remembers which tokens were shown, so that none is good twice.
 *
 * `memoryReplays` does so for one process; share one over a database, with a unique key, to do so for many.
 */
export interface ReplayStore {
  /**
   * Takes note of a token: true when it was not known, false when it was. Of many at once exactly one gets true.
   *
   * It may forget the token from `expiresAt` on, and must not before. Throws or rejects when it cannot tell, which
   * denies. Times are in epoch milliseconds.
   */
  use(id: string, expiresAt: number, now: number): Awaitable<boolean>;
}
