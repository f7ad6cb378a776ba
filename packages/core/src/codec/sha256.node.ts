import { hash } from "node:crypto";

/** SHA-256 (FIPS 180-4) of bytes, or of a text's UTF-8 form, in lower-case hex. */
export function sha256Hex(input: string | Uint8Array): string {
  return hash("sha256", input, "hex");
}

/** SHA-256 (FIPS 180-4) of bytes, or of a text's UTF-8 form: 32 bytes. */
export function sha256(input: string | Uint8Array): Uint8Array {
  // As text of one character for each byte: Node makes a buffer more slowly than it hashes.
  const binary = hash("sha256", input, "binary");
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
