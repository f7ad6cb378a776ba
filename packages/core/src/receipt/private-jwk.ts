import { decodeBase64url, encodeBase64url } from "../codec/base64url.ts";
import { isObject } from "../codec/plain-object.ts";
import { randomBytes } from "../codec/random-bytes.ts";
import { VerificationError } from "../errors.ts";
import { createSigner } from "./local-signer.ts";
import type { PublicJwk } from "./receipt.ts";
import type { Signer } from "./signer.ts";

/** An Ed25519 private key as a JSON Web Key (RFC 8037, section 2); whoever has it can sign. */
export interface PrivateJwk extends PublicJwk {
  /** The 32-byte seed in base64url. */
  readonly d: string;
  /** The RFC 7638 thumbprint. */
  readonly kid: string;
}

/** A new private key, to be kept where only the gate can read it. */
export function createPrivateJwk(): PrivateJwk {
  const seed = randomBytes(32);
  const { kid, publicKey } = createSigner({ seed });
  const jwk = { ...publicKey, d: encodeBase64url(seed), kid };
  seed.fill(0);
  return jwk;
}

/**
 * The signer of a private key, which need not have a `kid`.
 *
 * Members that RFC 8037 does not know are passed over (RFC 7517, section 4).
 *
 * @throws VerificationError when it is no Ed25519 private key, or `x` or `kid` belong to another one. The
 * message never tells any of the key.
 */
export function signerFromJwk(jwk: unknown): Signer {
  if (!isObject(jwk) || jwk.kty !== "OKP" || jwk.crv !== "Ed25519") {
    throw new VerificationError('a signing key is a JWK with "kty": "OKP" and "crv": "Ed25519"');
  }
  const { d, x, kid } = jwk;
  if (typeof d !== "string") {
    throw new VerificationError('the JWK has no "d": it is a public key, which cannot sign');
  }
  const seed = readSeed(d);
  const signer = createSigner({ seed });
  seed.fill(0);
  if (x !== signer.publicKey.x) throw new VerificationError('"x" is not the public key of "d"');
  if (kid !== undefined && kid !== signer.kid) {
    throw new VerificationError('"kid" is not the RFC 7638 thumbprint of the key');
  }
  return signer;
}

function readSeed(d: string): Uint8Array {
  let seed: Uint8Array | null = null;
  try {
    seed = decodeBase64url(d);
  } catch {
    // What is wrong with a secret is nobody's business.
  }
  if (seed?.length === 32) return seed;
  throw new VerificationError('"d" is not 32 bytes in base64url without padding');
}
