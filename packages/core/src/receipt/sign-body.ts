import { isPromiseLike } from "../awaitable.ts";
import { encodeBase64url } from "../codec/base64url.ts";
import { signingInput } from "../codec/signing-input.ts";
import { messageOf, VerificationError } from "../errors.ts";
import { receiptPayloadType } from "./receipt.ts";
import type { Signer } from "./signer.ts";

/** The signer failed or answered no signature: what was to be signed is not at fault. */
export class SigningFailed extends VerificationError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "SigningFailed";
  }
}

/**
 * Signs the canonical form of a receipt's body; base64url.
 *
 * A signer may be anybody's code: that it answers 64 bytes, and at once, is checked rather than believed.
 *
 * @throws SigningFailed, whatever the signer did; its cause is what the signer threw.
 */
export function signBody(signer: Signer, bodyJson: string): string {
  let signature: unknown;
  try {
    signature = signer.sign(signingInput(receiptPayloadType, bodyJson));
    // A promise is refused, so nobody else will hear of its failure.
    if (isPromiseLike(signature)) signature.then(undefined, () => undefined);
  } catch (cause) {
    throw new SigningFailed(messageOf(cause), { cause });
  }
  if (!isSignature(signature)) {
    throw new SigningFailed(`sign() answered ${describe(signature)}, not the 64 bytes of a signature`);
  }
  return encodeBase64url(signature);
}

/** Of this realm or another: test runners and sandboxes have a Uint8Array of their own. */
function isSignature(value: unknown): value is Uint8Array {
  if (!ArrayBuffer.isView(value)) return false;
  return (value as Uint8Array)[Symbol.toStringTag] === "Uint8Array" && value.byteLength === 64;
}

function describe(value: unknown): string {
  if (isPromiseLike(value)) return "a promise, but signing is synchronous";
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  return value === null ? "null" : `a value of type ${typeof value}`;
}
