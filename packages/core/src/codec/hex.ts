import { VerificationError } from "../errors.ts";

/** The two digits of each byte, in lower case. */
export const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** Writes bytes in lower-case hex. */
export function encodeHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => hexOfByte[byte]).join("");
}

/** Reads lower-case hex, from `start` on. @throws VerificationError for anything else. */
export function decodeHex(text: string, start = 0): Uint8Array {
  const bytes = new Uint8Array((text.length - start) >> 1);
  let seen = 0;
  for (let index = 0; index < bytes.length; index++) {
    const high = digitOf(text.charCodeAt(start + index * 2));
    const low = digitOf(text.charCodeAt(start + index * 2 + 1));
    // A digit that is none is -1, which makes the whole negative.
    seen |= high | low;
    bytes[index] = (high << 4) | low;
  }
  if (seen < 0 || (text.length - start) % 2 === 1) {
    throw new VerificationError("this is no lower-case hex");
  }
  return bytes;
}

function digitOf(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  return unit >= 0x61 && unit <= 0x66 ? unit - 0x57 : -1;
}
