import { createVerifier } from "#ed25519";
import { decodeBase64url } from "../codec/base64url.ts";
import type { VerifySignature } from "../codec/ed25519.ts";

/** How long a signature is, in bytes. */
export const signatureLength = 64;

/** Signatures to be checked together; its buffers may be transferred to another thread. */
export interface SignatureBatch {
  /** Public keys, the `x` of their JWKs. */
  readonly keys: readonly string[];
  /** Which key each signature is to be checked with: an index into `keys`. */
  readonly key: Uint32Array;
  /** The length of each message. */
  readonly sizes: Uint32Array;
  /** The messages, one after another. */
  readonly messages: Uint8Array;
  /** 64 bytes each. */
  readonly signatures: Uint8Array;
}

/** Checks signatures elsewhere than where the receipts are read: most of verifying is that. */
export interface SignatureChecker {
  /** How many batches may be under way at once. @default 4 */
  readonly concurrency?: number;
  /** Resolves with the index of the first signature that does not hold, -1 when all do: see {@link checkSignatures}. */
  check(batch: SignatureBatch): PromiseLike<number>;
}

/** The index of the first signature in a batch that does not hold; -1 when all do. */
export function checkSignatures({ keys, key, sizes, messages, signatures }: SignatureBatch): number {
  const verifiers = keys.map(verifierOf);
  let start = 0;
  for (let index = 0; index < sizes.length; index++) {
    const end = start + (sizes[index] ?? 0);
    const signature = signatures.subarray(index * signatureLength, (index + 1) * signatureLength);
    const verify = verifiers[key[index] ?? 0];
    if (verify === undefined || !verify(signature, messages.subarray(start, end))) return index;
    start = end;
  }
  return -1;
}

/** Null for a key that no signature fits. */
function verifierOf(x: string): VerifySignature {
  try {
    return createVerifier(decodeBase64url(x));
  } catch {
    return () => false;
  }
}
