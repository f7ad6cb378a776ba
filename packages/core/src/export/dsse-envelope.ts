import { decodeBase64, encodeBase64 } from "../codec/base64.ts";
import { decodeBase64url, encodeBase64url } from "../codec/base64url.ts";
import { canonicalJson } from "../codec/canonical-json.ts";
import { isObject } from "../codec/plain-object.ts";
import { decodeUtf8 } from "../codec/utf8.ts";
import { messageOf, VerificationError } from "../errors.ts";
import { type Receipt, receiptPayloadType } from "../receipt/receipt.ts";
import { readReceiptText } from "../receipt/receipt-text.ts";

/** A DSSE envelope (DSSE 1.0.2, JSON form); base64 is the standard one, with padding. */
export interface DsseEnvelope {
  readonly payloadType: string;
  /** The receipt's body: base64 of its RFC 8785 form. */
  readonly payload: string;
  readonly signatures: readonly {
    /** The receipt's `kid`: a hint that no signature covers. */
    readonly keyid: string;
    readonly sig: string;
  }[];
}

const encoder = new TextEncoder();

/**
 * The receipt as a DSSE envelope. Nothing is signed again: receipts are signed over DSSE's pre-authentication
 * encoding, so that any DSSE verifier can check the envelope with the public key.
 *
 * @throws InvalidAction or VerificationError when it is no receipt.
 */
export function toDsseEnvelope({ body, kid, sig }: Receipt): DsseEnvelope {
  return {
    payloadType: receiptPayloadType,
    payload: encodeBase64(encoder.encode(canonicalJson(body, "receipt"))),
    signatures: [{ keyid: kid, sig: encodeBase64(decodeBase64url(sig)) }],
  };
}

/**
 * The receipt that a DSSE envelope holds. The signature is not checked: verify the receipt.
 *
 * Both alphabets of base64 are read, and members that are unknown are passed over, as DSSE says. An envelope of
 * several signatures, or without a `keyid`, is no receipt: a receipt names its one key.
 *
 * @throws VerificationError saying what is wrong with it.
 */
export function fromDsseEnvelope(envelope: unknown): Receipt {
  const { payloadType, payload, signatures } = isObject(envelope) ? envelope : {};
  if (typeof payloadType !== "string" || typeof payload !== "string" || !Array.isArray(signatures)) {
    throw new VerificationError("not a DSSE envelope of payload, payloadType and signatures");
  }
  if (payloadType !== receiptPayloadType) {
    throw new VerificationError(
      `the envelope holds ${JSON.stringify(payloadType)}, not ${receiptPayloadType}`,
    );
  }
  const [signature, ...others]: readonly unknown[] = signatures;
  const { keyid, sig } = isObject(signature) ? signature : {};
  if (typeof keyid !== "string" || typeof sig !== "string" || others.length > 0) {
    throw new VerificationError("a receipt's envelope has one signature, and its keyid");
  }
  const text = readReceiptText(
    `{"body":${textOf(payload)},"kid":${JSON.stringify(keyid)},"sig":"${encodeBase64url(bytesOf(sig))}"}`,
  );
  if ("reason" in text) throw new VerificationError(`the envelope holds no receipt: ${text.message}`);
  return text.receipt;
}

function textOf(payload: string): string {
  const bytes = bytesOf(payload);
  try {
    return decodeUtf8(bytes);
  } catch (cause) {
    throw new VerificationError(`the payload is not UTF-8: ${messageOf(cause)}`, { cause });
  }
}

/** Reads base64 of either alphabet; of the URL-safe one also without padding. */
function bytesOf(text: string): Uint8Array {
  return /[+/]/.test(text) ? decodeBase64(text) : decodeBase64url(text.replace(/={1,2}$/, ""));
}
