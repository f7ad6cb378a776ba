import type { Subject } from "@tollgate/core";
import { createIdentity, type Verified, type VerifyCredential } from "@tollgate/core/identity";
import { type GateFixture, gateFixture } from "./gate-fixture.ts";

/** The one credential that is good. */
export const credential: string = "the-secret-text-of-the-badge";
/** How long it is good. */
export const hour: number = 60 * 60 * 1000;
/** Who shows it. */
export const clerk: Subject = { agent: "bot", tenant: "acme", role: "clerk", capability: "data_write" };

/** A gate with an identity. */
export interface Watched extends GateFixture {
  /** How often a credential was verified. */
  readonly verified: () => number;
}

/** A gate that knows one credential, which is good for an hour. */
export function identified(says: Partial<Verified> = {}, verify?: VerifyCredential): Watched {
  let verified = 0;
  const fixture = gateFixture({
    identity: createIdentity((text, now) => {
      verified += 1;
      if (verify !== undefined) return verify(text, now);
      if (text !== credential) return { refused: "nobody knows this credential" };
      return { subject: clerk, expiresAt: now + hour, ...says };
    }),
  });
  return { ...fixture, verified: () => verified };
}
