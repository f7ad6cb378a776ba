import { describe } from "../action/config-values.ts";
import { isPromiseLike } from "../awaitable.ts";
import { encodeBase64url } from "../codec/base64url.ts";
import { signingInput } from "../codec/signing-input.ts";
import { messageOf, VerificationError } from "../errors.ts";
import { type ReceiptBody, receiptPayloadType } from "./receipt.ts";
import type { Signer } from "./signer.ts";

/** The signer failed or answered no signature: what was to be signed is not at fault. */
export class SigningFailed extends VerificationError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "SigningFailed";
  }
}

/** Signs a receipt's body by its canonical form; base64url. @throws SigningFailed */
export function signBody(signer: Signer, bodyJson: string, body: ReceiptBody): string {
  return signBytes(signer, signingInput(receiptPayloadType, bodyJson), body);
}

/**
 * Signs bytes as they are; base64url.
 *
 * A signer may be anybody's code: that it answers 64 bytes, and at once, is checked rather than believed.
 *
 * @throws SigningFailed, whatever the signer did; its cause is what the signer threw.
 */
export function signBytes(signer: Signer, bytes: Uint8Array, body?: ReceiptBody): string {
  let signature: unknown;
  try {
    signature = signer.sign(bytes, body);
    // A promise is refused, so nobody else will hear of its failure.
    if (isPromiseLike(signature)) signature.then(undefined, () => undefined);
  } catch (cause) {
    throw new SigningFailed(messageOf(cause), { cause });
  }
  if (!isSignature(signature)) {
    throw new SigningFailed(
      `sign() must answer the 64 bytes of a signature at once, not ${nameOf(signature)}`,
    );
  }
  return encodeBase64url(signature);
}

/** Of this realm or another: test runners and sandboxes have a Uint8Array of their own. */
function isSignature(value: unknown): value is Uint8Array {
  if (!ArrayBuffer.isView(value)) return false;
  return (value as Uint8Array)[Symbol.toStringTag] === "Uint8Array" && value.byteLength === 64;
}

function nameOf(value: unknown): string {
  if (isPromiseLike(value)) return "a promise";
  return ArrayBuffer.isView(value) ? `${value.byteLength} bytes` : describe(value);
}
