import { createSigningKey } from "#ed25519";
import { randomBytes } from "../codec/random-bytes.ts";
import { jwkThumbprint, toJwk } from "./jwk-thumbprint.ts";
import type { Signer } from "./signer.ts";

/** What a local signer is made from. */
export interface SignerOptions {
  /** The 32-byte Ed25519 seed; whoever has it can sign. @default fresh random bytes */
  readonly seed?: Uint8Array;
}

/**
 * A signer whose key lives in this process; without a seed the key is new and ends with the signer.
 *
 * The seed cannot be read back from it.
 *
 * @throws VerificationError when the seed is not 32 bytes long.
 */
export function createSigner(options: SignerOptions = {}): Signer {
  const key = createSigningKey(options.seed ?? randomBytes(32));
  const publicKey = toJwk(key.publicKey);
  return { kid: jwkThumbprint(publicKey), publicKey, sign: key.sign };
}
