import { VerificationError } from "../errors.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The value of each ASCII character in the alphabet; -1 where it has none. */
const values: Int8Array = Int8Array.from({ length: 128 }, (_, code) =>
  alphabet.indexOf(String.fromCharCode(code)),
);

/** Writes bytes as base64url without padding (RFC 4648, section 5). */
export function encodeBase64url(bytes: Uint8Array): string {
  let text = "";
  let index = 0;
  for (; index + 2 < bytes.length; index += 3) {
    const group = (at(bytes, index) << 16) | (at(bytes, index + 1) << 8) | at(bytes, index + 2);
    text += digit(group >> 18) + digit(group >> 12) + digit(group >> 6) + digit(group);
  }
  const rest = bytes.length - index;
  if (rest === 1) {
    const last = at(bytes, index);
    text += digit(last >> 2) + digit(last << 4);
  } else if (rest === 2) {
    const last = (at(bytes, index) << 8) | at(bytes, index + 1);
    text += digit(last >> 10) + digit(last >> 4) + digit(last << 2);
  }
  return text;
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
    const value = values[text.charCodeAt(index)] ?? -1;
    if (value < 0)
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

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

function digit(value: number): string {
  return alphabet.charAt(value & 0x3f);
}
