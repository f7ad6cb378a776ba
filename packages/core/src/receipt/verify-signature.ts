import { decodeBase64url } from "../codec/base64url.ts";
import type { VerifySignature } from "../codec/ed25519.ts";
import { receiptPayloadType } from "./receipt.ts";
import type { ReceiptText } from "./receipt-text.ts";

/** Whether a base64url text is the signature of `bytes` under the key at hand. */
export function isSignedBy(verify: VerifySignature, sig: string, bytes: Uint8Array): boolean {
  let signature: Uint8Array;
  try {
    signature = decodeBase64url(sig);
  } catch {
    // The right length and alphabet, but bits set that no byte has.
    return false;
  }
  return verify(signature, bytes);
}

const encoder = new TextEncoder();
/** Where a body stands in its receipt's text: thumbprints and signatures are always as long. */
const bodyStart: number = '{"body":'.length;
const afterBody: number = `,"kid":"${"x".repeat(43)}","sig":"${"x".repeat(86)}"}`.length;
const headStart: string = `DSSEv1 ${receiptPayloadType.length} ${receiptPayloadType} `;
/** More than what stands before any body: a length has at most 16 digits. */
const headRoom = 128;

/**
 * Writes what receipts' signatures are made over, again and again into the same memory: a fresh array for each
 * would cost more than its hash.
 */
export class SignedBytes {
  #bytes: Uint8Array = new Uint8Array();
  /** The part of it that bodies are written to. */
  #bodies: Uint8Array<ArrayBuffer> = new Uint8Array();

  /** DSSE's pre-authentication encoding (DSSE 1.0.2) of a receipt's body; it stands until the next call. */
  of({ json }: ReceiptText): Uint8Array {
    const body = json.slice(bodyStart, -afterBody);
    // No character takes more than three bytes for each of its UTF-16 code units.
    if (body.length * 3 > this.#bodies.length) {
      const bytes = new Uint8Array(headRoom + body.length * 4);
      this.#bytes = bytes;
      this.#bodies = bytes.subarray(headRoom);
    }
    const { written } = encoder.encodeInto(body, this.#bodies);
    const head = `${headStart}${written} `;
    const start = headRoom - head.length;
    for (let index = 0; index < head.length; index++) this.#bytes[start + index] = head.charCodeAt(index);
    return this.#bytes.subarray(start, headRoom + written);
  }
}
