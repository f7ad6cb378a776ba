import type { Awaitable } from "../awaitable.ts";

/**
 * Remembers which credentials were shown, so that none is good twice: for one process `memoryReplays` of
 * `@tollgate/identity`, for many `sqliteReplays` of `@tollgate/sqlite` or `postgresReplays` of `@tollgate/postgres`.
 */
export interface ReplayStore {
  /**
   * Takes note of a credential by its id: true when it was not known, false when it was. Of many at once, in whatever
   * process, exactly one gets true.
   *
   * It may forget the id from `expiresAt` on, and must not before; a store that several processes share goes by its
   * own clock, too, so that none of them has it forgotten early. Throws or rejects when it cannot tell, which denies.
   * Times are in epoch milliseconds.
   */
  use(id: string, expiresAt: number, now: number): Awaitable<boolean>;
}
