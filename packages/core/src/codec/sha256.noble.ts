import { _SHA256 } from "@noble/hashes/sha2.js";
import { encodeHex } from "./hex.ts";

/** SHA-256 (FIPS 180-4) of bytes, or of a text's UTF-8 form, in lower-case hex. */
export function sha256Hex(input: string | Uint8Array): string {
  return encodeHex(sha256(input));
}

/** SHA-256 (FIPS 180-4) of bytes, or of a text's UTF-8 form: 32 bytes. */
export function sha256(input: string | Uint8Array): Uint8Array {
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  // The class: noble's function brings a factory and its options to every page.
  return new _SHA256().update(bytes).digest();
}
