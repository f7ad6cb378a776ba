import { type Attempt, denied, type Finding } from "./attempt.ts";
import { type Decision, isFailure } from "./decision.ts";
import { OpenPermit } from "./open-permit.ts";

/** How many denied keys are remembered; the oldest is forgotten beyond it. */
const maxDenied = 10_000;

/** How many open keys are looked at for expiry with each attempt; more than it can add. */
const pruneSteps = 2;

/** What is known of a key that is being decided, or whose permit is open. */
interface Open {
  readonly digest: string;
  readonly decision: Promise<Decision>;
  /** Null while it is being decided. */
  permit: OpenPermit | null;
}

/** What is known of a denied key: all but the action, which can be a whole prompt and is the asker's own. */
interface Denied {
  readonly digest: string;
  readonly decision: Omit<Decision, "action">;
}

/**
 * Answers a key that its caller chose the same as before, while its attempt is open; a denied key stays denied.
 *
 * The latest 10,000 denied keys are remembered. Ended and expired keys are the ledger's to refuse; a key that
 * could not be decided may be tried again.
 */
export class AttemptKeys {
  readonly #open = new Map<string, Open>();
  readonly #denied = new Map<string, Denied>();

  /** Decides an attempt unless its key is known; `conflict` answers for one in use for another action. */
  once(
    attempt: Attempt,
    now: number,
    decide: (onEnd: () => void) => Promise<Decision>,
    conflict: () => Promise<Decision>,
  ): Promise<Decision> {
    const { key, digest, action } = attempt;
    this.#prune(now);
    const open = this.#open.get(key);
    if (open !== undefined && open.permit?.isOpen(now) !== false) {
      return open.digest === digest ? open.decision : conflict();
    }
    const known = this.#denied.get(key);
    if (known !== undefined) {
      return known.digest === digest ? Promise.resolve({ ...known.decision, action }) : conflict();
    }
    const decision = decide(() => this.#forget(entry)).then(
      (decided) => {
        entry.permit = decided.permit instanceof OpenPermit ? decided.permit : null;
        if (entry.permit === null) this.#forget(entry);
        if (decided.outcome === "deny" && isFinal(decided)) {
          const { action: _action, ...rest } = decided;
          this.#deny(key, { digest, decision: rest });
        }
        return decided;
      },
      (error: unknown) => {
        this.#forget(entry);
        throw error;
      },
    );
    const entry: Open & { readonly key: string } = { key, digest, decision, permit: null };
    this.#open.set(key, entry);
    return decision;
  }

  /** The key's reservation has expired: the ledger refuses it from now on. */
  ended(key: string): void {
    this.#open.delete(key);
  }

  #forget(entry: Open & { readonly key: string }): void {
    if (this.#open.get(entry.key) === entry) this.#open.delete(entry.key);
  }

  /** Drops open keys that somebody else has let expire, a few with each attempt. */
  #prune(now: number): void {
    let steps = pruneSteps;
    for (const [key, entry] of this.#open) {
      if (steps-- === 0) return;
      this.#open.delete(key);
      if (entry.permit?.isOpen(now) !== false) this.#open.set(key, entry);
    }
  }

  #deny(key: string, known: Denied): void {
    this.#denied.set(key, known);
    if (this.#denied.size <= maxDenied) return;
    const oldest = this.#denied.keys().next().value;
    if (oldest !== undefined) this.#denied.delete(oldest);
  }
}

/** A conflict says nothing of the key's own action, a stop can be lifted, and a failure has denied nothing. */
function isFinal({ code }: Decision): boolean {
  return code !== "run_stopped" && code !== "idempotency_conflict" && !isFailure(code);
}

/** Refuses an attempt whose key stands for another action. */
export function keyInUse({ key }: Attempt): Finding {
  return denied("idempotency_conflict", `key "${key}" is in use for another action`, {
    conflict: "digest_mismatch",
  });
}
