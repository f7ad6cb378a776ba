import { InvalidConfig, StorageFailed } from "@tollgate/core";
import type { ReplayStore } from "@tollgate/core/identity";

/** Options of {@link memoryReplays}. */
export interface MemoryReplaysOptions {
  /** How many tokens that have not expired are remembered; more are refused, not forgotten. @default 100000 */
  readonly max?: number;
}

/**
 * Remembers in this process which tokens were shown, until they expire.
 *
 * @throws InvalidConfig when `max` is no whole number above 0.
 */
export function memoryReplays(options: MemoryReplaysOptions = {}): ReplayStore {
  const { max = 100_000 } = options;
  if (!Number.isSafeInteger(max) || max < 1)
    throw new InvalidConfig("max", "expected a whole number above 0");
  const shown = new Map<string, number>();
  /** No token that is remembered expires before. */
  let earliest = Number.POSITIVE_INFINITY;

  function forgetExpired(now: number): void {
    earliest = Number.POSITIVE_INFINITY;
    for (const [id, expiresAt] of shown) {
      if (expiresAt <= now) shown.delete(id);
      else earliest = Math.min(earliest, expiresAt);
    }
  }

  return {
    use(id, expiresAt, now) {
      const known = shown.get(id);
      if (known !== undefined && known > now) return false;
      // Looked through only when it is full and has something to forget: not with each token.
      if (shown.size >= max && earliest <= now) forgetExpired(now);
      if (shown.size >= max && known === undefined) {
        throw new StorageFailed(
          `${max} tokens are remembered, and none has expired: give memoryReplays a higher max`,
        );
      }
      shown.set(id, expiresAt);
      earliest = Math.min(earliest, expiresAt);
      return true;
    },
  };
}
