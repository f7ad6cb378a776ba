import { InvalidConfig } from "@tollgate/core";
import { type CryptoKey, createLocalJWKSet, type JSONWebKeySet, type JWK, type JWTVerifyGetKey } from "jose";
import type { JwtAlgorithm, JwtIdentityOptions } from "./jwt-identity-options.ts";
import { keyProblem, weakRsa } from "./key-problem.ts";
import { remoteKeys } from "./remote-keys.ts";
import { asSigningKeys } from "./signing-keys.ts";

/** The keys that tokens are verified by, and the algorithms that they can be for. */
export interface TokenKeys {
  readonly find: JWTVerifyGetKey;
  readonly algorithms: readonly JwtAlgorithm[];
}

/** Reads where keys come from. @throws InvalidConfig naming the option. */
export function tokenKeys(options: JwtIdentityOptions, algorithms: readonly JwtAlgorithm[]): TokenKeys {
  const { jwks, publicKey, remote } = options;
  if ((jwks === undefined) === (publicKey === undefined)) {
    throw new InvalidConfig(
      "jwks",
      "expected either jwks or publicKey: without a key no token can be verified",
    );
  }
  if (publicKey !== undefined) return oneKey(publicKey, algorithms);
  if (typeof jwks === "string" || jwks instanceof URL) return { find: remoteKeys(jwks, remote), algorithms };
  if (remote !== undefined) throw new InvalidConfig("remote", "is only for jwks that are an address");
  return { find: localKeys(jwks as JSONWebKeySet, "jwks"), algorithms };
}

function localKeys(jwks: JSONWebKeySet, field: string): JWTVerifyGetKey {
  if (!Array.isArray(jwks?.keys) || jwks.keys.length === 0) {
    throw new InvalidConfig(field, "expected a JSON Web Key Set with keys, or an https address");
  }
  for (const [index, key] of jwks.keys.entries()) checkPublic(key, `${field}.keys[${index}]`);
  try {
    return createLocalJWKSet(asSigningKeys(jwks));
  } catch {
    throw new InvalidConfig(field, "expected a JSON Web Key Set");
  }
}

function oneKey(key: JWK | CryptoKey, algorithms: readonly JwtAlgorithm[]): TokenKeys {
  const algorithm = "kty" in Object(key) ? algorithmOfJwk(key as JWK) : algorithmOf(key as CryptoKey);
  if (!algorithms.includes(algorithm)) {
    throw new InvalidConfig(
      "publicKey",
      `is for ${algorithm}, and only ${algorithms.join(", ")} are accepted`,
    );
  }
  return { find: "kty" in key ? findOnly(key) : async () => key as CryptoKey, algorithms: [algorithm] };
}

/** A key that has an id is good for tokens that name it, or none; one without an id is good for all. */
function findOnly(key: JWK): JWTVerifyGetKey {
  const find = localKeys({ keys: [key] }, "publicKey");
  if (key.kid !== undefined) return find;
  return ({ kid: _kid, ...header }, token) => find(header, token);
}

function checkPublic(key: JWK, field: string): void {
  if (typeof key !== "object" || key === null || typeof key.kty !== "string") {
    throw new InvalidConfig(field, "expected a JSON Web Key");
  }
  if ("d" in key || "k" in key || key.kty === "oct") {
    throw new InvalidConfig(field, "is a private or shared key: only public keys belong here");
  }
  const problem = keyProblem(key);
  if (problem !== null) throw new InvalidConfig(field, problem);
}

function algorithmOfJwk(key: JWK): JwtAlgorithm {
  checkPublic(key, "publicKey");
  if (key.kty === "OKP" && key.crv === "Ed25519") return "EdDSA";
  if (key.kty === "EC" && key.crv === "P-256") return "ES256";
  if (key.kty === "RSA") return "RS256";
  throw unusable();
}

function algorithmOf(key: CryptoKey): JwtAlgorithm {
  const algorithm = key?.algorithm as
    | (KeyAlgorithm & { namedCurve?: string; hash?: KeyAlgorithm; modulusLength?: number })
    | undefined;
  if (key?.type !== "public")
    throw new InvalidConfig("publicKey", "expected a public JSON Web Key or CryptoKey");
  if (!key.usages.includes("verify"))
    throw new InvalidConfig("publicKey", 'is not for verifying: import it with the usage "verify"');
  if (algorithm?.name === "Ed25519") return "EdDSA";
  if (algorithm?.name === "ECDSA" && algorithm.namedCurve === "P-256") return "ES256";
  if (algorithm?.name === "RSASSA-PKCS1-v1_5" && algorithm.hash?.name === "SHA-256") {
    if ((algorithm.modulusLength ?? 0) < 2048) throw new InvalidConfig("publicKey", weakRsa);
    return "RS256";
  }
  throw unusable();
}

interface KeyAlgorithm {
  readonly name: string;
}

function unusable(): InvalidConfig {
  return new InvalidConfig("publicKey", "expected a key for EdDSA (Ed25519), ES256 (P-256) or RS256 (RSA)");
}
