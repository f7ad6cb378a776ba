import type { Attempt } from "./attempt.ts";
import type { Decision } from "./decision.ts";

/** How many denied keys are remembered; the oldest is forgotten beyond it. */
const maxDenied = 10_000;

/** What is known of a key that is being decided, or whose permit is open. */
interface Open {
  readonly digest: string;
  readonly decision: Promise<Decision>;
}

/** What is known of a denied key: all but the action, which can be a whole prompt and is the asker's own. */
interface Denied {
  readonly digest: string;
  readonly decision: Omit<Decision, "action">;
}

/**
 * Answers a key that its caller chose the same as before, while its attempt is open; a denied key stays denied.
 *
 * The latest 10,000 denied keys are remembered. Ended keys are the ledger's to refuse.
 */
export class AttemptKeys {
  readonly #open = new Map<string, Open>();
  readonly #denied = new Map<string, Denied>();

  /** Decides an attempt unless its key is known; `conflict` answers for one in use for another action. */
  once(
    attempt: Attempt,
    decide: (onEnd: () => void) => Promise<Decision>,
    conflict: () => Promise<Decision>,
  ): Promise<Decision> {
    const { key, digest, action } = attempt;
    const open = this.#open.get(key);
    if (open !== undefined) return open.digest === digest ? open.decision : conflict();
    const known = this.#denied.get(key);
    if (known !== undefined) {
      return known.digest === digest ? Promise.resolve({ ...known.decision, action }) : conflict();
    }
    const decision = decide(() => this.#open.delete(key)).then(
      (decided) => {
        if (decided.permit === null) this.#open.delete(key);
        if (decided.outcome === "deny" && decided.code !== "idempotency_conflict") {
          const { action: _action, ...rest } = decided;
          this.#deny(key, { digest, decision: rest });
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

  #deny(key: string, known: Denied): void {
    this.#denied.set(key, known);
    if (this.#denied.size <= maxDenied) return;
    const oldest = this.#denied.keys().next().value;
    if (oldest !== undefined) this.#denied.delete(oldest);
  }
}
