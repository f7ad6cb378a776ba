import { createIdentity, type Identity, type Unverified, type Verified } from "@tollgate/core/identity";
import { type JWTPayload, jwtVerify } from "jose";
import { claimReader } from "./claim-sources.ts";
import { type JwtIdentityOptions, readJwtOptions } from "./jwt-identity-options.ts";
import { memoryReplays } from "./memory-replays.ts";
import { refusalReason } from "./refusal-reason.ts";
import { RefusedToken } from "./refused-token.ts";
import { spiffeIds } from "./spiffe-id.ts";
import { checkHeader } from "./token-header.ts";
import { tokenKeys } from "./token-keys.ts";

/**
 * Makes a gate's identity of signed tokens (JWT, RFC 7519): a token says which agent acts, for which tenant and user,
 * in which role and with which capability.
 *
 * Times are the gate's clock's. A token that is not good is refused with `identity_denied` and why; where keys,
 * replays or revocations cannot be looked up, with `identity_failed`. No token is kept or quoted.
 *
 * @throws InvalidConfig naming the option that makes no sense.
 */
export function jwtIdentity(options: JwtIdentityOptions): Identity {
  const { audience, issuer, typ, toleranceMs, requireJti, callerFills, ...read } = readJwtOptions(options);
  const { find, algorithms } = tokenKeys(options, read.algorithms);
  const readSpiffeId = options.spiffe === undefined ? null : spiffeIds(options.spiffe);
  const readClaims = claimReader(options.claims);
  const replays = options.replays ?? memoryReplays();
  const { revoked } = options;
  const checks = {
    algorithms: [...algorithms],
    audience,
    requiredClaims: ["exp"],
    clockTolerance: toleranceMs / 1000,
    ...(issuer === undefined ? {} : { issuer }),
    ...(typ === undefined ? {} : { typ }),
  };

  async function verify(token: string, now: number): Promise<Verified> {
    checkHeader(token, algorithms, readSpiffeId !== null);
    const { payload } = await jwtVerify(token, find, { ...checks, currentDate: new Date(now) });
    const subject = readClaims(payload, readSpiffeId?.(payload.sub) ?? {});
    const expiresAt = Math.min(Math.ceil((payload.exp ?? 0) * 1000) + toleranceMs, Number.MAX_SAFE_INTEGER);
    const jti = readJti(payload, requireJti);
    // Last of all: a token that is refused for anything else is not used up.
    if (requireJti && !(await replays.use(JSON.stringify([payload.iss ?? null, jti]), expiresAt, now))) {
      throw new RefusedToken("the credential was shown before, and is good once");
    }
    const holder = { agent: subject.agent ?? "", jti, subject };
    return {
      subject,
      expiresAt,
      callerFills,
      ...(revoked === undefined ? {} : { revoked: () => revoked(holder) }),
    };
  }

  return createIdentity(async (token, now): Promise<Verified | Unverified> => {
    try {
      return await verify(token, now);
    } catch (error) {
      const refused = error instanceof RefusedToken ? error.message : refusalReason(error);
      if (refused === null) throw error;
      return { refused };
    }
  });
}

function readJti({ jti }: JWTPayload, isRequired: boolean): string | null {
  if (typeof jti === "string" && jti !== "" && jti.length <= 256) return jti;
  if (isRequired) throw new RefusedToken("the credential has no jti, and must be good once");
  return null;
}
