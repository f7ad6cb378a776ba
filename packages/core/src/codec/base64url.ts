import { VerificationError } from "../errors.ts";

const ascii = new TextDecoder();
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The value of each digit by its code unit; 64 for what is none. Pure, so that who reads none leaves it out. */
const values: Uint8Array = /* @__PURE__ */ Uint8Array.from({ length: 128 }, (_, unit) => {
  const value = alphabet.indexOf(String.fromCharCode(unit));
  return value === -1 ? 64 : value;
});

/** Writes bytes as base64url without padding (RFC 4648, section 5). */
export function encodeBase64url(bytes: Uint8Array): string {
  // Not added up digit by digit: such a text keeps every step of its making, and signatures are kept.
  const digits = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  let bits = 0;
  let count = 0;
  let written = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff;
    count += 8;
    while (count >= 6) {
      count -= 6;
      digits[written++] = alphabet.charCodeAt((bits >> count) & 0x3f);
    }
  }
  if (count > 0) digits[written] = alphabet.charCodeAt((bits << (6 - count)) & 0x3f);
  return ascii.decode(digits);
}

/**
 * Reads base64url without padding, strictly: each value has one text only (RFC 4648, section 3.5).
 *
 * @throws VerificationError for padding, any other character, an impossible length, or unused bits that are
 * not zero.
 */
export function decodeBase64url(text: string): Uint8Array {
  const spare = text.length % 4;
  if (spare === 1) throw new VerificationError(`base64url text cannot be ${text.length} characters long`);
  const bytes = new Uint8Array((text.length * 3) >> 2);
  let bits = 0;
  let count = 0;
  let written = 0;
  for (let index = 0; index < text.length; index++) {
    const value = values[text.charCodeAt(index)] ?? 64;
    if (value === 64)
      throw new VerificationError(`base64url text has a character outside its alphabet at ${index}`);
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[written++] = bits >> count;
    }
  }
  if ((bits & ((1 << count) - 1)) !== 0)
    throw new VerificationError("base64url text ends in unused bits that are set");
  return bytes;
}
