import { sha256 } from "#sha256";
import { decodeBase64url, encodeBase64url } from "../codec/base64url.ts";
import { VerificationError } from "../errors.ts";
import type { PublicJwk } from "./receipt.ts";

/** A public key's JWK thumbprint (RFC 7638; RFC 8037, appendix A.3), base64url: what receipts call `kid`. */
export function jwkThumbprint({ crv, kty, x }: PublicJwk): string {
  return encodeBase64url(sha256(`{"crv":"${crv}","kty":"${kty}","x":"${x}"}`));
}

/** A public key as a JSON Web Key. */
export function toJwk(publicKey: Uint8Array): PublicJwk {
  return { kty: "OKP", crv: "Ed25519", x: encodeBase64url(publicKey) };
}

/**
 * The 32 bytes of a public key.
 *
 * @throws VerificationError when it is not an Ed25519 key as RFC 8037 writes it.
 */
export function publicKeyBytes(jwk: PublicJwk): Uint8Array {
  if (jwk.kty !== "OKP" || jwk.crv !== "Ed25519" || typeof jwk.x !== "string") {
    throw new VerificationError('a key must be a JWK with "kty": "OKP" and "crv": "Ed25519"');
  }
  const bytes = decodeBase64url(jwk.x);
  if (bytes.length !== 32)
    throw new VerificationError(`an Ed25519 public key is 32 bytes, not ${bytes.length}`);
  return bytes;
}
