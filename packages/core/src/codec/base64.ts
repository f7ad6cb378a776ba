import { VerificationError } from "../errors.ts";
import { decodeBase64url, encodeBase64url } from "./base64url.ts";

/** Writes bytes as base64 with padding (RFC 4648, section 4), as DSSE envelopes and signed notes do. */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encodeBase64url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

/**
 * Reads base64 with padding, strictly: each value has one text only.
 *
 * @throws VerificationError for missing padding, any other character, or unused bits that are not zero.
 */
export function decodeBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0 || /[-_]/.test(text)) {
    throw new VerificationError("base64 text comes in groups of four of A-Z, a-z, 0-9, + and /");
  }
  return decodeBase64url(
    text
      .replace(/={1,2}$/, "")
      .replaceAll("+", "-")
      .replaceAll("/", "_"),
  );
}
