import { hash } from "node:crypto";

/** SHA-256 (FIPS 180-4) of bytes, or of a text's UTF-8 form, in lower-case hex. */
export function sha256Hex(input: string | Uint8Array): string {
  return hash("sha256", input, "hex");
}

/** SHA-256 (FIPS 180-4) of bytes, or of a text's UTF-8 form: 32 bytes. */
export function sha256(input: string | Uint8Array): Uint8Array {
  return new Uint8Array(hash("sha256", input, "buffer"));
}
