import type { Attempt } from "./attempt.ts";
import type { Decision } from "./decision.ts";

/** How many denied keys are remembered; the oldest is forgotten beyond it. */
const maxDenied = 10_000;

/** What is known of a key. */
interface Known {
  readonly digest: string;
  readonly decision: Promise<Decision>;
}

/**
 * Answers a key that its caller chose the same as before, while its attempt is open; a denied key stays denied.
 *
 * The latest 10,000 denied keys are remembered. Ended keys are the ledger's to refuse.
 */
export class AttemptKeys {
  readonly #open = new Map<string, Known>();
  readonly #denied = new Map<string, Known>();

  /** Decides an attempt unless its key is known; `conflict` answers for one in use for another action. */
  once(
    attempt: Attempt,
    decide: (onEnd: () => void) => Promise<Decision>,
    conflict: () => Promise<Decision>,
  ): Promise<Decision> {
    const { key, digest } = attempt;
    const known = this.#open.get(key) ?? this.#denied.get(key);
    if (known !== undefined) {
      return known.digest === digest ? known.decision : conflict();
    }
    const decision = decide(() => this.#open.delete(key)).then(
      (decided) => {
        if (decided.permit === null) this.#open.delete(key);
        if (decided.outcome === "deny" && decided.code !== "idempotency_conflict") {
          this.#deny(key, { digest, decision });
        }
        return decided;
      },
      (error: unknown) => {
        this.#open.delete(key);
        throw error;
      },
    );
    this.#open.set(key, { digest, decision });
    return decision;
  }

  /** The key's reservation has expired: the ledger refuses it from now on. */
  ended(key: string): void {
    this.#open.delete(key);
  }

  #deny(key: string, known: Known): void {
    this.#denied.set(key, known);
    if (this.#denied.size <= maxDenied) return;
    const oldest = this.#denied.keys().next().value;
    if (oldest !== undefined) this.#denied.delete(oldest);
  }
}
