import type { JSONWebKeySet } from "jose";

/**
 * A key set with the use of SPIFFE bundles read as any other: `jwt-svid` is for signing tokens (SPIFFE Trust Domain
 * and Bundle section 4.2.2).
 */
export function asSigningKeys(jwks: JSONWebKeySet): JSONWebKeySet {
  return { keys: jwks.keys.map((key) => (key.use === "jwt-svid" ? { ...key, use: "sig" } : key)) };
}
