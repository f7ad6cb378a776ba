import type { Subject } from "../action/subject.ts";
import { type Awaitable, isPromiseLike } from "../awaitable.ts";
import { InvalidConfig } from "../errors.ts";
import { beyond, claimText } from "./beyond.ts";
import type { Holder, Identity, IdentityRefusal, VerifyCredential } from "./identity.ts";
import { denied, type Known, ShownCredential } from "./shown-credential.ts";

/**
 * Makes a gate's identity of what verifies a credential.
 *
 * Each run is verified once, with its first action, and is good until the credential expires. What the caller says
 * of itself beyond the credential is refused with `identity_denied`; a verifier that fails, answers nonsense or does
 * not answer in time refuses with `identity_failed`.
 *
 * @throws InvalidConfig when `verify` is no function.
 */
export function createIdentity(verify: VerifyCredential): Identity {
  if (typeof verify !== "function") throw new InvalidConfig("verify", "expected a function");
  return {
    holder: (credential, claims, inTime) =>
      new CredentialHolder(new ShownCredential(credential, verify, inTime), null, claims),
  };
}

class CredentialHolder implements Holder {
  readonly #credential: ShownCredential;
  readonly #parent: CredentialHolder | null;
  readonly #claims: Subject;
  #granted: Subject | IdentityRefusal | null = null;

  constructor(credential: ShownCredential, parent: CredentialHolder | null, claims: Subject) {
    this.#credential = credential;
    this.#parent = parent;
    this.#claims = claims;
  }

  get subject(): Subject | null {
    return this.#granted === null || isRefusal(this.#granted) ? null : this.#granted;
  }

  child(claims: Subject): Holder {
    return new CredentialHolder(this.#credential, this, claims);
  }

  admit(now: number, claims: Subject | undefined): Awaitable<IdentityRefusal | null> {
    const known = this.#credential.at(now);
    return isPromiseLike(known)
      ? known.then((late) => this.#admit(late, claims))
      : this.#admit(known, claims);
  }

  #admit(known: Known | IdentityRefusal, claims: Subject | undefined): IdentityRefusal | null {
    if ("code" in known) return known;
    const granted = this.#grant(known);
    if (isRefusal(granted)) return granted;
    const own = claims === undefined ? granted : narrow(known, granted, claims);
    return isRefusal(own) ? own : null;
  }

  /** Who acts in this run: what its parent may be, or the credential says, narrowed by what it claims. */
  #grant(known: Known): Subject | IdentityRefusal {
    if (this.#granted === null) {
      const outer = this.#parent === null ? known.subject : this.#parent.#grant(known);
      this.#granted = isRefusal(outer) ? outer : narrow(known, outer, this.#claims);
    }
    return this.#granted;
  }
}

function narrow(known: Known, granted: Subject, claims: Subject): Subject | IdentityRefusal {
  const field = beyond(granted, claims, known.callerFills);
  if (field === null) return Object.freeze({ ...granted, ...claims });
  const { agent } = known.subject;
  const whose = agent === undefined ? "the credential" : `the credential of agent "${agent}"`;
  return denied(`${whose} does not cover ${claimText(claims, field)}`);
}

function isRefusal(value: Subject | IdentityRefusal): value is IdentityRefusal {
  return "code" in value;
}
