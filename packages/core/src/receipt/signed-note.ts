import { createVerifier } from "#ed25519";
import { sha256 } from "#sha256";
import { decodeBase64, encodeBase64 } from "../codec/base64.ts";
import { decodeHex, encodeHex } from "../codec/hex.ts";
import { VerificationError } from "../errors.ts";

/** One signature line of a note. */
export interface NoteSignature {
  /** The name of the key, not the key: anybody may claim it. */
  readonly name: string;
  /** Four bytes that tell keys of one name apart. */
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

/** A text and who signed it (C2SP signed-note). */
export interface SignedNote {
  /** Ends in a line feed, which is signed, too. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** An Ed25519 key that signs notes. */
export interface NoteKey {
  readonly name: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** How many signatures a note may have; the specification asks for 16 at least. */
const maxSignatures = 100;
const emDash = "\u2014";
/** The type of signature that an Ed25519 key id is made with. */
const ed25519 = 1;
const encoder = new TextEncoder();

/**
 * Whether a text may name a key: neither empty nor with white space, a control character (Unicode's categories
 * Z and Cc) or a "+" in it.
 */
export function isKeyName(name: string): boolean {
  return name !== "" && name.isWellFormed() && !/[\p{Z}\p{Cc}+]/u.test(name);
}

/** The id of an Ed25519 key: the start of SHA-256 over its name, a line feed, 0x01 and its 32 bytes. */
export function noteKeyId({ name, publicKey }: NoteKey): Uint8Array {
  return sha256(Uint8Array.from([...encoder.encode(`${name}\n`), ed25519, ...publicKey])).slice(0, 4);
}

/**
 * Writes a note: its text, an empty line, and a line for each signature.
 *
 * @throws VerificationError when text or signatures cannot stand in one.
 */
export function formatNote({ text, signatures }: SignedNote): string {
  const lines = signatures.map(({ name, keyId, signature }) => {
    return `${emDash} ${name} ${encodeBase64(Uint8Array.from([...keyId, ...signature]))}\n`;
  });
  const note = `${text}\n${lines.join("")}`;
  parseNote(note);
  return note;
}

/**
 * Reads a note, strictly; it says nothing of who signed it: see {@link isNoteSigned}.
 *
 * @throws VerificationError when it is no note.
 */
export function parseNote(note: string): SignedNote {
  if (!note.isWellFormed() || /[^\P{Cc}\n\u007f-\u009f]/u.test(note)) {
    throw new VerificationError("a note is text without control characters other than line feeds");
  }
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n") || split + 2 === note.length) {
    throw new VerificationError("a note is a text, an empty line and lines with signatures");
  }
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > maxSignatures) {
    throw new VerificationError(`a note has ${maxSignatures} signatures at most`);
  }
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [dash, name, blob, ...rest] = line.split(" ");
  if (dash !== emDash || name === undefined || !isKeyName(name) || blob === undefined || rest.length > 0) {
    throw new VerificationError("a signature line is an em dash, the key's name and base64");
  }
  const bytes = decodeBase64(blob);
  if (bytes.length < 5) throw new VerificationError("a note's signature is a key id of four bytes and more");
  return { name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) };
}

/**
 * Whether one of `keys` signed the note. Lines of other keys are passed over; one in the name of a key of
 * these that does not verify spoils the note.
 */
export function isNoteSigned({ text, signatures }: SignedNote, keys: readonly NoteKey[]): boolean {
  const known = keys.map((key) => ({ ...key, id: encodeHex(noteKeyId(key)) }));
  let signed = false;
  for (const { name, keyId, signature } of signatures) {
    const id = encodeHex(keyId);
    const key = known.find((candidate) => candidate.name === name && candidate.id === id);
    if (key === undefined) continue;
    if (!createVerifier(key.publicKey)(signature, encoder.encode(text))) return false;
    signed = true;
  }
  return signed;
}

/** A key as tools for transparency logs take it (C2SP signed-note, "verifier keys"): name, id and key, by "+". */
export function formatNoteKey(key: NoteKey): string {
  const material = encodeBase64(Uint8Array.from([ed25519, ...key.publicKey]));
  return `${key.name}+${encodeHex(noteKeyId(key))}+${material}`;
}

/**
 * Reads what {@link formatNoteKey} writes.
 *
 * @throws VerificationError when it is no Ed25519 key of that form, or its id is not its own.
 */
export function parseNoteKey(text: string): NoteKey {
  const [, name, id, material] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  if (name === undefined || id === undefined || material === undefined || !isKeyName(name)) {
    throw new VerificationError("a note's key is a name, eight hex digits and base64, with + between them");
  }
  const bytes = decodeBase64(material);
  if (bytes.length !== 33 || bytes[0] !== ed25519)
    throw new VerificationError("not an Ed25519 key for notes");
  const key = { name, publicKey: bytes.slice(1) };
  const own = noteKeyId(key);
  if (!decodeHex(id).every((byte, index) => byte === own[index])) {
    throw new VerificationError("the id of the note's key is not its own");
  }
  return key;
}
