import { etc, getPublicKey, hashes, Point, sign } from "@noble/ed25519";
import { _SHA512 } from "@noble/hashes/sha2.js";
import { VerificationError } from "../errors.ts";
import type { SigningKey, VerifySignature } from "./ed25519.ts";
import { isAcceptablePoint, isAcceptableSignature } from "./ed25519-encoding.ts";

// Without it noble can only sign asynchronously, through WebCrypto.
hashes.sha512 = (message) => sha512(message);

/**
 * The signing key of a 32-byte seed (RFC 8032, section 5.1.5).
 *
 * @throws VerificationError when the seed is not 32 bytes long.
 */
export function createSigningKey(seed: Uint8Array): SigningKey {
  if (seed.length !== 32) throw new VerificationError(`an Ed25519 seed is 32 bytes, not ${seed.length}`);
  const owned = Uint8Array.from(seed);
  return { publicKey: getPublicKey(owned), sign: (bytes) => sign(bytes, owned) };
}

/**
 * Verifies signatures of one public key, which is decoded once.
 *
 * noble's own `verify` clears the cofactor, which accepts signatures that OpenSSL refuses; so the equation
 * is computed here as OpenSSL does it: `[S]B - [k]A` must encode to R, byte for byte.
 *
 * @throws VerificationError when the key is not the canonical form of a point, or is of small order.
 */
export function createVerifier(publicKey: Uint8Array): VerifySignature {
  if (!isAcceptablePoint(publicKey)) throw new VerificationError("not an acceptable Ed25519 public key");
  const owned = Uint8Array.from(publicKey);
  const point = decodePoint(owned);
  return (signature, bytes) => {
    if (point === null || !isAcceptableSignature(signature)) return false;
    const r = signature.subarray(0, 32);
    const s = littleEndian(signature.subarray(32));
    const k = etc.mod(littleEndian(sha512(r, owned, bytes)), Point.CURVE().n);
    const expected = Point.BASE.multiply(s, false).subtract(point.multiply(k, false)).toBytes();
    return expected.every((byte, index) => byte === r[index]);
  };
}

/** Null when no point of the curve has this y: such a key fits no signature, as with node:crypto. */
function decodePoint(bytes: Uint8Array): Point | null {
  try {
    return Point.fromBytes(bytes);
  } catch {
    return null;
  }
}

/** SHA-512 (FIPS 180-4), by the class: noble's function brings a factory and its options to every page. */
function sha512(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const hash = new _SHA512();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${etc.bytesToHex(bytes.slice().reverse())}`);
}
