/** How long a stop is remembered after it was made: seven days. */
const retentionMs = 7 * 24 * 60 * 60 * 1000;
/** At most this many stopped runs are remembered; beyond it the oldest is forgotten. */
const maxStopped = 100_000;

/**
 * Which runs are stopped, by id.
 *
 * A stop is remembered for seven days, and for the latest 100,000 stopped runs; every open handle of the
 * run remembers it for as long as the handle lives.
 */
export class RunLatches {
  readonly #stopped = new Map<string, { readonly reason: string; readonly at: number }>();

  /** Why the run was stopped, or null. */
  reason(runId: string): string | null {
    return this.#stopped.get(runId)?.reason ?? null;
  }

  /** Stops a run; the first reason stays. Answers false when it was stopped already. */
  stop(runId: string, reason: string, now: number): boolean {
    if (this.#stopped.has(runId)) return false;
    this.#stopped.set(runId, { reason, at: now });
    for (const [id, stop] of this.#stopped) {
      if (stop.at > now - retentionMs && this.#stopped.size <= maxStopped) break;
      this.#stopped.delete(id);
    }
    return true;
  }
}
