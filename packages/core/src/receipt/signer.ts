import type { PublicJwk } from "./receipt.ts";

/** Signs receipts, synchronously: a key that lives elsewhere endorses a local one instead. */
export interface Signer {
  /** RFC 7638 thumbprint of the public key, base64url. */
  readonly kid: string;
  readonly publicKey: PublicJwk;
  /** The 64-byte Ed25519 signature (RFC 8032) of `bytes`. */
  sign(bytes: Uint8Array): Uint8Array;
}
