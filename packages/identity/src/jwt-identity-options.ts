import { type Awaitable, InvalidConfig, type Subject } from "@tollgate/core";
import type { CallerField, ReplayStore } from "@tollgate/core/identity";
import type { CryptoKey, JSONWebKeySet, JWK } from "jose";
import type { ClaimSources } from "./claim-sources.ts";
import type { SpiffeOptions } from "./spiffe-id.ts";

/** The signatures that are accepted (RFC 7518 section 3.1, RFC 8037 section 3.1). */
export type JwtAlgorithm = "EdDSA" | "ES256" | "RS256";

/** What a revocation is looked up by. */
export interface TokenHolder {
  readonly agent: string;
  /** The token's own id, where it has one. */
  readonly jti: string | null;
  readonly subject: Subject;
}

/** How tokens are verified; one of `jwks` and `publicKey` must be there. */
export interface JwtIdentityOptions {
  /** The keys that sign tokens: a JSON Web Key Set, or the https address of one. */
  readonly jwks?: JSONWebKeySet | string | URL;
  /** The one key that signs tokens: a public JSON Web Key or CryptoKey. */
  readonly publicKey?: JWK | CryptoKey;
  /** Whom tokens must be made out to: one of these must be in `aud`. */
  readonly audience: string | readonly string[];
  /** Who must have made the token (`iss`), or several. @default whoever has the key */
  readonly issuer?: string | readonly string[];
  /** @default all three; with `spiffe` ES256 and RS256, as JWT-SVIDs have no other */
  readonly algorithms?: readonly JwtAlgorithm[];
  /** What the header's `typ` must be, such as `at+jwt`. @default anything */
  readonly typ?: string;
  /** How far apart the issuer's clock and the gate's may be, in milliseconds. @default 5000 */
  readonly toleranceMs?: number;
  /** Whether tokens must have a `jti`, and are good for one run only. @default false */
  readonly requireJti?: boolean;
  /** Where tokens that were shown are remembered; only with `requireJti`. @default memoryReplays() */
  readonly replays?: ReplayStore;
  /** Where the token says who shows it. @default the claims sub (agent), tenant, role, user and capability */
  readonly claims?: ClaimSources;
  /** Tokens are JWT-SVIDs: their subject is a SPIFFE ID. @default undefined (any subject) */
  readonly spiffe?: SpiffeOptions;
  /** What the caller may say itself where the token says nothing of it. @default ["session"] */
  readonly callerFills?: readonly CallerField[];
  /**
   * Whether an agent or a token was revoked: asked before each action, so answer from memory where you can.
   *
   * What throws, or takes longer than the gate's `storageTimeoutMs`, denies.
   *
   * @default nobody is asked
   */
  readonly revoked?: (holder: TokenHolder) => Awaitable<boolean>;
  /** How keys are fetched, where `jwks` is an address. */
  readonly remote?: RemoteKeysOptions;
}

/** How remote keys are fetched; times are in milliseconds. */
export interface RemoteKeysOptions {
  /** How long the server may take. @default 3000 */
  readonly timeoutMs?: number;
  /** How soon a key that is not known may have them fetched again. @default 30000 */
  readonly cooldownMs?: number;
  /** How long they are used before they are fetched again. @default 600000 */
  readonly maxAgeMs?: number;
}

const known: readonly string[] = [
  "jwks",
  "publicKey",
  "audience",
  "issuer",
  "algorithms",
  "typ",
  "toleranceMs",
  "requireJti",
  "replays",
  "claims",
  "spiffe",
  "callerFills",
  "revoked",
  "remote",
] satisfies readonly (keyof JwtIdentityOptions)[];

const allAlgorithms: readonly JwtAlgorithm[] = ["EdDSA", "ES256", "RS256"];
// JWT-SVID section 2.1 has no EdDSA.
const spiffeAlgorithms: readonly JwtAlgorithm[] = ["ES256", "RS256"];

/** Options with their defaults, but for those that have rooms of their own. */
export interface ReadJwtOptions {
  readonly audience: string[];
  readonly issuer: string[] | undefined;
  readonly algorithms: readonly JwtAlgorithm[];
  readonly typ: string | undefined;
  readonly toleranceMs: number;
  readonly requireJti: boolean;
  readonly callerFills: readonly CallerField[];
}

/** Checks the options that no other part checks. @throws InvalidConfig naming the option. */
export function readJwtOptions(options: JwtIdentityOptions): ReadJwtOptions {
  if (typeof options !== "object" || options === null)
    throw new InvalidConfig("options", "expected an object");
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new InvalidConfig(name, `is not an option of jwtIdentity; there are ${known.join(", ")}`);
    }
  }
  const {
    typ,
    toleranceMs = 5000,
    requireJti = false,
    callerFills = ["session"],
    replays,
    revoked,
  } = options;
  if (typ !== undefined && (typeof typ !== "string" || typ === "")) {
    throw new InvalidConfig("typ", 'expected a type such as "at+jwt"');
  }
  if (!Number.isSafeInteger(toleranceMs) || toleranceMs < 0 || toleranceMs > 300_000) {
    throw new InvalidConfig(
      "toleranceMs",
      "expected a whole number of milliseconds, at most 300000 (5 minutes)",
    );
  }
  if (typeof requireJti !== "boolean") throw new InvalidConfig("requireJti", "expected true or false");
  if (replays !== undefined && !(requireJti && typeof replays.use === "function")) {
    throw new InvalidConfig("replays", "expected an object with use(), and requireJti: true");
  }
  if (revoked !== undefined && typeof revoked !== "function")
    throw new InvalidConfig("revoked", "expected a function");
  if (!Array.isArray(callerFills) || !callerFills.every((field) => field === "user" || field === "session")) {
    throw new InvalidConfig("callerFills", "expected a list of user and session");
  }
  return {
    audience: readNames(options.audience, "audience"),
    issuer: options.issuer === undefined ? undefined : readNames(options.issuer, "issuer"),
    algorithms: readAlgorithms(options),
    typ,
    toleranceMs,
    requireJti,
    callerFills: [...callerFills],
  };
}

function readNames(input: unknown, field: string): string[] {
  const names: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (names.length > 0 && names.every((name) => typeof name === "string" && name !== ""))
    return names as string[];
  throw new InvalidConfig(field, "expected a text, or a list of some");
}

function readAlgorithms({ algorithms, spiffe }: JwtIdentityOptions): readonly JwtAlgorithm[] {
  const possible = spiffe === undefined ? allAlgorithms : spiffeAlgorithms;
  if (algorithms === undefined) return possible;
  if (
    Array.isArray(algorithms) &&
    algorithms.length > 0 &&
    algorithms.every((name) => possible.includes(name))
  ) {
    return [...algorithms];
  }
  throw new InvalidConfig("algorithms", `expected a list of some of ${possible.join(", ")}`);
}
