import { encodeBase64 } from "../../src/codec/base64.ts";

/** A proof taken apart: the header, the extra data's lines, the index, the hashes and the checkpoint. */
export interface ProofParts {
  readonly header: string;
  readonly extra: string | null;
  readonly index: string;
  readonly hashes: readonly string[];
  readonly note: string;
}

/** Takes a proof apart. */
export function taken(text: string): ProofParts {
  const [head = "", ...rest] = text.split("\n\n");
  const [header = "", extra = "", index = "", ...hashes] = head.split("\n");
  return { header, extra: extra.slice("extra ".length), index, hashes, note: rest.join("\n\n") };
}

/** Puts a proof together, however wrong. */
export function put({ header, extra, index, hashes, note }: ProofParts): string {
  return [header, ...(extra === null ? [] : [`extra ${extra}`]), index, ...hashes, "", note].join("\n");
}

/** Receipts as extra data. */
export function packed(lines: readonly string[]): string {
  return encodeBase64(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
}

/** The receipts in extra data. */
export function unpacked(extra: string | null): readonly string[] {
  return Buffer.from(extra ?? "", "base64")
    .toString()
    .split("\n")
    .slice(0, -1);
}
