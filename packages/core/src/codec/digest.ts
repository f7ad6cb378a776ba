import { sha256Hex } from "#sha256";

/** The digest of a text as receipts write it: `sha256:` and 64 hex digits over its UTF-8 form. */
export function digestOf(text: string): string {
  return `sha256:${sha256Hex(text)}`;
}
