import type { RunInput } from "@tollgate/core";
import type { Identity } from "@tollgate/core/identity";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import { type JwtIdentityOptions, jwtIdentity } from "@tollgate/identity";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

/** Whom good tokens are made out to. */
const audience = "the gate";

/** Signs tokens of agents on a clock that stands still. */
export interface TestTokens {
  readonly clock: ManualClock;
  /** An identity that takes the good ones. */
  identity(options?: Partial<JwtIdentityOptions>): Identity;
  /** A token of a clerk of acme's that is good for ten minutes, but for what is changed. */
  sign(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** One of which every claim is good, and the signature is another's. */
  forge(): Promise<string>;
}

/** Makes keys and a clock for the tokens of one test. */
export async function testTokens(): Promise<TestTokens> {
  const clock = manualClock();
  const [{ privateKey, publicKey }, other] = await Promise.all([
    generateKeyPair("EdDSA"),
    generateKeyPair("EdDSA"),
  ]);
  const jwk = await exportJWK(publicKey);
  const signWith = (key: typeof privateKey, claims: Readonly<Record<string, unknown>> = {}) =>
    new SignJWT({
      sub: "alice",
      aud: audience,
      tenant: "acme",
      role: "clerk",
      exp: clock.now() / 1000 + 600,
      ...claims,
    })
      .setProtectedHeader({ alg: "EdDSA" })
      .sign(key);
  return {
    clock,
    identity: (options = {}) => jwtIdentity({ publicKey: jwk, audience, ...options }),
    sign: (claims) => signWith(privateKey, claims),
    forge: () => signWith(other.privateKey),
  };
}

/** What shows no good credential, or claims more than it says, and why it is refused. */
export const refusedCallers: readonly {
  readonly what: string;
  readonly reason: RegExp;
  who(tokens: TestTokens): Promise<RunInput>;
}[] = [
  { what: "no token", reason: /no credential was shown/, who: async () => ({ agent: "alice" }) },
  {
    what: "what is no token",
    reason: /is no signed token/,
    who: async () => ({ credential: "alice" }),
  },
  {
    what: "a token that somebody else has signed",
    reason: /signature is wrong/,
    who: async (tokens) => ({ credential: await tokens.forge() }),
  },
  {
    what: "an expired token",
    reason: /has expired/,
    who: async ({ sign, clock }) => ({ credential: await sign({ exp: clock.now() / 1000 - 60 }) }),
  },
  {
    what: "a token for another audience",
    reason: /another audience/,
    who: async ({ sign }) => ({ credential: await sign({ aud: "another gate" }) }),
  },
  {
    what: "a claim beyond the token",
    reason: /does not cover role "treasurer"/,
    who: async ({ sign }) => ({ credential: await sign(), role: "treasurer" }),
  },
];
