import { etc, Point } from "@noble/ed25519";
import { _SHA512 } from "@noble/hashes/sha2.js";
import { VerificationError } from "../errors.ts";
import type { SigningKey, VerifySignature } from "./ed25519.ts";
import { isAcceptablePoint, isAcceptableSignature } from "./ed25519-encoding.ts";

/** The order of the base point. */
const order = Point.CURVE().n;

/**
 * The signing key of a 32-byte seed (RFC 8032, section 5.1.5).
 *
 * noble's own `sign` works the public key out anew for each signature, which takes as long as the signature
 * itself; so the two equations of section 5.1.6 are computed here, over its curve.
 *
 * @throws VerificationError when the seed is not 32 bytes long.
 */
export function createSigningKey(seed: Uint8Array): SigningKey {
  if (seed.length !== 32) throw new VerificationError(`an Ed25519 seed is 32 bytes, not ${seed.length}`);
  const expanded = sha512(seed);
  const prefix = expanded.slice(32);
  const scalar = clamped(littleEndian(expanded.subarray(0, 32)));
  const publicKey = Point.BASE.multiply(etc.mod(scalar, order)).toBytes();
  return {
    publicKey: publicKey.slice(),
    sign: (bytes) => {
      // A message that changed between its two digests would give the key away.
      const message = Uint8Array.from(bytes);
      const nonce = digestScalar(prefix, message);
      const r = Point.BASE.multiply(nonce).toBytes();
      const s = etc.mod(nonce + digestScalar(r, publicKey, message) * scalar, order);
      return etc.concatBytes(r, etc.hexToBytes(s.toString(16).padStart(64, "0")).reverse());
    },
  };
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
    const k = digestScalar(r, owned, bytes);
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

/** The SHA-512 of some bytes as a scalar. */
function digestScalar(...parts: readonly Uint8Array[]): bigint {
  return etc.mod(littleEndian(sha512(...parts)), order);
}

/** SHA-512 (FIPS 180-4), by the class: noble's function brings a factory and its options to every page. */
function sha512(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = new _SHA512();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** A multiple of 8 whose topmost bit is bit 254 (RFC 8032, section 5.1.5, step 2). */
function clamped(scalar: bigint): bigint {
  return (BigInt.asUintN(254, scalar) & ~7n) | (1n << 254n);
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${etc.bytesToHex(bytes.slice().reverse())}`);
}
