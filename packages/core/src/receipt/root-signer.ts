import type { Awaitable } from "../awaitable.ts";
import type { PublicJwk } from "./receipt.ts";

/**
 * A key that signs endorsements and nothing else, so it may be slow and far away: in a key management service,
 * or on a machine without a network. Every `Signer` is one, too.
 */
export interface RootSigner {
  /** What verifiers trust. */
  readonly publicKey: PublicJwk;
  /** The 64-byte Ed25519 signature (RFC 8032) of `bytes`: of the message itself, not of a digest. */
  sign(bytes: Uint8Array): Awaitable<Uint8Array>;
}
