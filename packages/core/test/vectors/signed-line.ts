import { encodeBase64url } from "../../src/codec/base64url.ts";
import { canonicalJson, type JsonProfile } from "../../src/codec/canonical-json.ts";
import { encodeHex } from "../../src/codec/hex.ts";
import type { JsonObject } from "../../src/codec/json.ts";
import { signingInput } from "../../src/codec/signing-input.ts";
import { createSigner } from "../../src/receipt/local-signer.ts";
import { receiptPayloadType } from "../../src/receipt/receipt.ts";
import type { Signer } from "../../src/receipt/signer.ts";

/** A signer whose secret is published: for vectors only. */
export interface VectorSigner extends Signer {
  /** The seed of 32 bytes, in hex. */
  readonly seed: string;
}

/** The signer whose seed is 32 times the byte `fill`. */
export function vectorSigner(fill: number): VectorSigner {
  const seed = new Uint8Array(32).fill(fill);
  return { ...createSigner({ seed }), seed: encodeHex(seed) };
}

/** A signer as the vectors describe it. */
export function describeSigner({ seed, kid, publicKey }: VectorSigner): JsonObject {
  return { seed, jwk: { ...publicKey }, kid };
}

/** Signs any body, sound or not, so that its signature is never what is wrong with it. */
export function signLine(body: unknown, signer: Signer, profile: JsonProfile = "receipt"): string {
  const bodyJson = canonicalJson(body, profile);
  return lineOf(bodyJson, signer.kid, signatureOf(bodyJson, signer));
}

/** Signs the text of a body, base64url. */
export function signatureOf(bodyJson: string, signer: Signer): string {
  return encodeBase64url(signer.sign(signingInput(receiptPayloadType, bodyJson)));
}

/** The line of a receipt, from its parts. */
export function lineOf(bodyJson: string, kid: string, sig: string): string {
  return `{"body":${bodyJson},"kid":"${kid}","sig":"${sig}"}`;
}
