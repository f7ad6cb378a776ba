import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { VerificationError } from "../errors.ts";
import type { SigningKey, VerifySignature } from "./ed25519.ts";
import { isAcceptablePoint, isAcceptableSignature } from "./ed25519-encoding.ts";

/** What stands before a 32-byte seed in PKCS #8, and before a public key in SPKI (RFC 8410). */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");

/**
 * The signing key of a 32-byte seed (RFC 8032, section 5.1.5).
 *
 * @throws VerificationError when the seed is not 32 bytes long.
 */
export function createSigningKey(seed: Uint8Array): SigningKey {
  if (seed.length !== 32) throw new VerificationError(`an Ed25519 seed is 32 bytes, not ${seed.length}`);
  const der = Buffer.concat([pkcs8Prefix, seed]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der.fill(0);
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(spki.subarray(spkiPrefix.length)),
    sign: (bytes) => {
      const signature = sign(null, bytes, key);
      return new Uint8Array(signature.buffer, signature.byteOffset, signature.length);
    },
  };
}

/**
 * Verifies signatures of one public key, which is decoded once.
 *
 * @throws VerificationError when the key is not the canonical form of a point, or is of small order.
 */
export function createVerifier(publicKey: Uint8Array): VerifySignature {
  if (!isAcceptablePoint(publicKey)) throw new VerificationError("not an acceptable Ed25519 public key");
  const der = Buffer.concat([spkiPrefix, publicKey]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  return (signature, bytes) => isAcceptableSignature(signature) && verify(null, bytes, key, signature);
}
