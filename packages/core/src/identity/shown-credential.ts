import { readSubject } from "../action/read-subject.ts";
import type { Subject } from "../action/subject.ts";
import { type Awaitable, isPromiseLike } from "../awaitable.ts";
import type { IdentityRefusal, InTime, Verified, VerifyCredential } from "./identity.ts";

/** The longest credential that is looked at, in characters. */
const maxLength = 16_384;

/** What is known of a credential once it is verified. */
export type Known = Required<Omit<Verified, "revoked">> & Pick<Verified, "revoked">;

/** A credential as a run's opener showed it: verified once, then forgotten but for what it says. */
export class ShownCredential {
  readonly #verify: VerifyCredential;
  readonly #inTime: InTime;
  /** Null once it is verified or refused: what nobody needs any more cannot leak. */
  #text: unknown;
  #known: Known | IdentityRefusal | null = null;
  #asking: Promise<Known | IdentityRefusal> | null = null;

  constructor(text: unknown, verify: VerifyCredential, inTime: InTime) {
    this.#text = text;
    this.#verify = verify;
    this.#inTime = inTime;
  }

  /** What it says, if it is still good at `now`. Never throws and never rejects. */
  at(now: number): Awaitable<Known | IdentityRefusal> {
    const known = this.#known ?? this.#ask(now);
    return isPromiseLike(known) ? known.then((late) => this.#current(late, now)) : this.#current(known, now);
  }

  #ask(now: number): Awaitable<Known | IdentityRefusal> {
    const text = this.#text;
    if (text === undefined) return this.#keep(denied("no credential was shown"));
    if (typeof text !== "string" || text === "" || text.length > maxLength) {
      return this.#keep(denied(`the credential is not a text of 1 to ${maxLength} characters`));
    }
    if (this.#asking === null) {
      try {
        const answer = this.#verify(text, now);
        if (!isPromiseLike(answer)) return this.#keep(read(answer));
        this.#asking = Promise.resolve(answer)
          .then((late) => this.#keep(read(late)), failed)
          .finally(() => {
            this.#asking = null;
          });
      } catch (cause) {
        return failed(cause);
      }
    }
    // A late answer counts for the next action: what took its time is not asked twice.
    return Promise.resolve(this.#inTime("the identity", this.#asking)).catch(failed);
  }

  #keep(known: Known | IdentityRefusal): Known | IdentityRefusal {
    if ("code" in known && known.code === "identity_failed") return known;
    this.#text = null;
    this.#known = known;
    return known;
  }

  #current(known: Known | IdentityRefusal, now: number): Awaitable<Known | IdentityRefusal> {
    if ("code" in known) return known;
    if (now >= known.expiresAt) return denied("the credential has expired");
    return known.revoked === undefined ? known : this.#unlessRevoked(known, known.revoked);
  }

  #unlessRevoked(known: Known, revoked: () => Awaitable<boolean>): Awaitable<Known | IdentityRefusal> {
    const heard = (answer: unknown): Known | IdentityRefusal => {
      if (answer === false) return known;
      return answer === true
        ? denied("the credential was revoked")
        : failed(new TypeError("revoked() answered neither true nor false"));
    };
    try {
      const answer = revoked();
      if (!isPromiseLike(answer)) return heard(answer);
      return Promise.resolve(this.#inTime("revoked()", answer)).then(heard, failed);
    } catch (cause) {
      return failed(cause);
    }
  }
}

/** A refusal of the credential or of what is claimed beyond it. */
export function denied(reason: string): IdentityRefusal {
  return { code: "identity_denied", reason };
}

/** The message stays out of the reason, since it could quote the credential. */
function failed(cause: unknown): IdentityRefusal {
  return { code: "identity_failed", reason: "the identity could not be verified", cause };
}

/** Reads a verifier's answer; one that makes no sense is a failure. */
function read(answer: unknown): Known | IdentityRefusal {
  try {
    const {
      refused,
      subject,
      expiresAt,
      callerFills = [],
      revoked,
    } = answer as Partial<Verified> & {
      readonly refused?: unknown;
    };
    if (typeof refused === "string") return denied(refused);
    if (refused !== undefined) throw new TypeError("the verifier answered a refusal that is no text");
    if (!Array.isArray(callerFills) || !callerFills.every((field) => field === "user" || field === "session"))
      throw new TypeError("the verifier answered callerFills other than user and session");
    if (typeof expiresAt !== "number" || Number.isNaN(expiresAt)) {
      throw new TypeError("the verifier answered no expiresAt");
    }
    return {
      subject: present(readSubject(subject)),
      expiresAt,
      callerFills: [...callerFills],
      ...(revoked === undefined ? {} : { revoked }),
    };
  } catch (cause) {
    return failed(cause);
  }
}

/** The fields that are there: one that is undefined says nothing. */
function present(subject: Subject): Subject {
  return Object.freeze(
    Object.fromEntries(Object.entries(subject).filter(([, value]) => value !== undefined)),
  );
}
