import type { Endorsement, PublicJwk, ReceiptBody } from "./receipt.ts";

/** Signs receipts, synchronously: a key that lives elsewhere endorses a local one instead. */
export interface Signer {
  /** RFC 7638 thumbprint of the public key, base64url. */
  readonly kid: string;
  readonly publicKey: PublicJwk;
  /**
   * Who vouches for the key: the `key` receipts that name it have it.
   *
   * A signer that has one must not sign what it does not cover; one by `withEndorsement` throws then.
   *
   * @default nobody
   */
  readonly endorsement?: Endorsement;
  /**
   * The 64-byte Ed25519 signature (RFC 8032) of `bytes`.
   *
   * `body` is what they say, where they are a receipt's: for signers that do not sign everything.
   */
  sign(bytes: Uint8Array, body?: ReceiptBody): Uint8Array;
}
