/** At most this many runs are remembered by their ids; beyond it the one opened longest ago is forgotten. */
const maxRuns = 10_000;
/** At most this many actions are remembered; beyond it the one asked for longest ago is forgotten. */
const maxAsked = 20_000;

/** What a run has done in this gate: over all handles of its root's id, and their children. */
export interface RunCounts {
  /** When its first handle was opened, in epoch milliseconds. */
  readonly startedAt: number;
  /** How many actions it has asked for. */
  steps: number;
  /** How many of them were let through. */
  calls: number;
  /** What they have been settled at, in nano-dollars. */
  spent: bigint;
}

/**
 * Counts what runs do, by the id of the topmost run.
 *
 * Memory is bounded: of the latest 10,000 runs, and the latest 20,000 different actions. An open handle keeps its
 * run's counts for as long as it lives; who reopens a run by an id that was forgotten begins at 0.
 */
export class RunBook {
  readonly #runs = new Map<string, RunCounts>();
  readonly #asked = new Map<string, number>();

  /** The counts of a run that is opened at `now`. */
  open(id: string, now: number): RunCounts {
    const counts = this.#runs.get(id) ?? { startedAt: now, steps: 0, calls: 0, spent: 0n };
    putLast(this.#runs, id, counts, maxRuns);
    return counts;
  }

  /** Counts an action; answers how often this run has asked for this very one, this time included. */
  repeat(id: string, digest: string): number {
    const key = `${id} ${digest}`;
    const times = (this.#asked.get(key) ?? 0) + 1;
    putLast(this.#asked, key, times, maxAsked);
    return times;
  }
}

function putLast<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) {
    for (const oldest of map.keys()) {
      map.delete(oldest);
      return;
    }
  }
}
