import { decodeBase64, encodeBase64 } from "../codec/base64.ts";
import { decodeHex } from "../codec/hex.ts";
import { VerificationError } from "../errors.ts";
import { hashLength, hashText } from "./merkle.ts";
import { isKeyName } from "./signed-note.ts";

/** What a checkpoint says of a log: how many leaves its tree has, and the root over them. */
export interface TreeHead {
  /** Which log: for a chain of receipts see {@link chainOrigin}. */
  readonly origin: string;
  readonly size: number;
  /** `sha256:` and hex of the RFC 6962 root. */
  readonly root: string;
}

/**
 * The origin that a chain's checkpoints have as C2SP notes, and the name of the key that signs them; null where
 * the chain's name cannot stand in one, so that its checkpoints have no notes.
 */
export function chainOrigin(chain: string): string | null {
  const origin = `tollgate/${chain}`;
  return isKeyName(origin) ? origin : null;
}

/** The text of a checkpoint (C2SP tlog-checkpoint): origin, size and base64 root, a line each. */
export function formatCheckpoint({ origin, size, root }: TreeHead): string {
  return `${origin}\n${size}\n${encodeBase64(decodeHex(root.slice("sha256:".length)))}\n`;
}

/**
 * Reads the text of a checkpoint (C2SP tlog-checkpoint); extension lines are passed over.
 *
 * @throws VerificationError when it is none, or its size is above 2^53 - 1.
 */
export function parseCheckpoint(text: string): TreeHead {
  const lines = text.split("\n");
  const [origin, size, root, ...rest] = lines;
  // What ends in a line feed splits into one empty line more.
  if (rest.pop() !== "" || rest.includes("") || origin === undefined || origin === "") {
    throw new VerificationError("a checkpoint is an origin, a size and a root, a line each");
  }
  if (size === undefined || !/^(0|[1-9][0-9]*)$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw new VerificationError(`a checkpoint's size is a whole number within 2^53 - 1, not ${size}`);
  }
  const hash = decodeBase64(root ?? "");
  if (hash.length !== hashLength) {
    throw new VerificationError(`a checkpoint's root is ${hashLength} bytes, not ${hash.length}`);
  }
  return { origin, size: Number(size), root: hashText(hash) };
}
