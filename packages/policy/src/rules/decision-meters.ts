import { Meter } from "../cel/scope.ts";

/** How many costly decisions are remembered; the oldest is forgotten beyond it. */
const mostKept = 1_000;

/**
 * What the judgings of one decision may cost together: a degraded action is judged again.
 *
 * Only what costs more than a part of the bound is remembered, so that others cost nothing here.
 */
export class DecisionMeters {
  readonly #most: number;
  readonly #left = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** What a decision has left. */
  of(decision: string): Meter {
    return this.#left.size === 0 ? new Meter(this.#most) : new Meter(this.#most, this.#left.get(decision));
  }

  /** Notes what a decision has left. */
  note(decision: string, { left }: Meter): void {
    if (left > this.#most * 0.9) return;
    this.#left.delete(decision);
    this.#left.set(decision, left);
    if (this.#left.size <= mostKept) return;
    for (const oldest of this.#left.keys()) {
      this.#left.delete(oldest);
      return;
    }
  }
}
