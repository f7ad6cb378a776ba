/**
 * What both back ends of `#ed25519` offer: `ed25519.node.ts` on node:crypto, `ed25519.noble.ts` elsewhere.
 *
 * They give the same bytes and accept the same signatures: RFC 8032 without cofactor, and beyond it no
 * public key and no R of small order, so that verifiers in every language can agree.
 */
export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The 64-byte signature of `bytes`. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** Whether `signature` is that of `bytes` under the key at hand; false for anything malformed. */
export type VerifySignature = (signature: Uint8Array, bytes: Uint8Array) => boolean;
