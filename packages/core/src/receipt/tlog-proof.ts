import { decodeBase64, encodeBase64 } from "../codec/base64.ts";
import { VerificationError } from "../errors.ts";
import { hashLength } from "./merkle.ts";
import { parseNote } from "./signed-note.ts";

/** That an entry is in a log, for whoever was not there (C2SP tlog-proof). */
export interface TlogProof {
  /** The entry's place in the log, from 0. */
  readonly index: number;
  /** The siblings from the entry's leaf up to the root (RFC 6962, section 2.1.1). */
  readonly hashes: readonly Uint8Array[];
  /** The log's signed checkpoint, a note as it stands. */
  readonly checkpoint: string;
  /** What the application adds; nothing vouches for it. */
  readonly extra?: Uint8Array;
}

const header = "c2sp.org/tlog-proof@v1";
/** A tree of 2^53 leaves is 53 high. */
const maxHashes = 53;

/**
 * Writes a proof as text, to be kept as a file named `*.tlog-proof`.
 *
 * @throws VerificationError when what it is made of cannot stand in one.
 */
export function formatTlogProof({ index, hashes, checkpoint, extra }: TlogProof): string {
  const text = [
    header,
    ...(extra === undefined ? [] : [`extra ${encodeBase64(extra)}`]),
    `index ${index}`,
    ...hashes.map(encodeBase64),
    "",
    checkpoint,
  ].join("\n");
  parseTlogProof(text);
  return text;
}

/**
 * Reads a proof, strictly, so that each has one text only; it says nothing of whether it holds.
 *
 * @throws VerificationError when it is none.
 */
export function parseTlogProof(text: string): TlogProof {
  const end = text.indexOf("\n\n");
  if (end < 0) throw new VerificationError("a proof has an empty line before its checkpoint");
  const [first, ...lines] = text.slice(0, end).split("\n");
  if (first !== header) throw new VerificationError(`a proof starts with the line "${header}"`);
  const extra = lines[0]?.startsWith("extra ") ? lines.shift()?.slice("extra ".length) : undefined;
  const index = /^index (0|[1-9][0-9]*)$/.exec(lines.shift() ?? "")?.[1];
  if (index === undefined || !Number.isSafeInteger(Number(index))) {
    throw new VerificationError("a proof has a line with the index of its entry, within 2^53 - 1");
  }
  if (lines.length > maxHashes) throw new VerificationError(`a proof has ${maxHashes} hashes at most`);
  const hashes = lines.map(decodeBase64);
  if (hashes.some(({ length }) => length !== hashLength)) {
    throw new VerificationError(`each hash of a proof is ${hashLength} bytes`);
  }
  const checkpoint = text.slice(end + 2);
  parseNote(checkpoint);
  return {
    index: Number(index),
    hashes,
    checkpoint,
    ...(extra === undefined ? {} : { extra: decodeBase64(extra) }),
  };
}
