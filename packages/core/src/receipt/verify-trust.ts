import { whyNotEndorsed } from "./endorsement.ts";
import type { KeyBody } from "./receipt.ts";
import type { VerifyRules } from "./verify-options.ts";
import type { Flaw } from "./verify-report.ts";

/** On whose word a key signs a chain, and how long. */
export interface Trust {
  /** The root whose endorsement it rests on, with its bounds; null where it rests on none. */
  readonly endorsed: {
    readonly root: string;
    readonly notbefore: string;
    readonly notafter: string;
  } | null;
}

const unbounded: Trust = { endorsed: null };

/**
 * Decides which keys may sign.
 *
 * A key is trusted without bounds when it is among those given, or when none were given; within an
 * endorsement's bounds when a given key signed that endorsement; and otherwise as far as the key that handed
 * the chain over to it.
 */
export class KeyTrust {
  readonly #keys: ReadonlySet<string> | null;
  readonly #revoked: ReadonlyMap<string, string>;

  constructor({ keys, revoked }: Pick<VerifyRules, "keys" | "revoked">) {
    this.#keys = keys;
    this.#revoked = revoked;
  }

  /** The trust in the key that a receipt names; `before` is that in the key which signed it, null for the first. */
  grant({ kid, jwk, chain, endorsement }: KeyBody, before: Trust | null): Trust | Flaw {
    if (endorsement !== undefined) {
      const problem = whyNotEndorsed(endorsement, jwk);
      if (problem !== null) return { reason: "bad_endorsement", message: problem };
      if (endorsement.chain !== undefined && endorsement.chain !== chain) {
        const message = `its key is endorsed for chain "${endorsement.chain}" only`;
        return { reason: "bad_endorsement", message };
      }
    }
    if (this.#keys === null || this.#keys.has(kid)) return unbounded;
    if (endorsement !== undefined && this.#keys.has(endorsement.kid)) {
      const { kid: root, notbefore, notafter } = endorsement;
      return { endorsed: { root, notbefore, notafter } };
    }
    if (before !== null) return before;
    const vouched = endorsement === undefined ? "" : `, and neither is ${endorsement.kid}, which endorsed it`;
    return { reason: "untrusted_key", message: `key ${kid} is not among those trusted${vouched}` };
  }

  /** Why a key with this trust may not sign at `time`; null when it may. */
  whyNot(kid: string, trust: Trust, time: string): Flaw | null {
    if (this.#isRevoked(kid, time)) return { reason: "revoked_key", message: `key ${kid} was revoked` };
    const unrooted = this.whyNotRooted(trust, time);
    if (unrooted !== null || trust.endorsed === null) return unrooted;
    const { notbefore, notafter } = trust.endorsed;
    if (time >= notbefore && time <= notafter) return null;
    return {
      reason: "expired_key",
      message: `its time ${time} is not within ${notbefore} and ${notafter}, for which key ${kid} is endorsed`,
    };
  }

  /** Why trust counts for nothing at `time`, because its root was revoked; null when it counts. */
  whyNotRooted({ endorsed }: Trust, time: string): Flaw | null {
    if (endorsed === null || !this.#isRevoked(endorsed.root, time)) return null;
    return { reason: "revoked_key", message: `key ${endorsed.root}, which endorsed it, was revoked` };
  }

  #isRevoked(kid: string, time: string): boolean {
    const since = this.#revoked.get(kid);
    return since !== undefined && time >= since;
  }
}
