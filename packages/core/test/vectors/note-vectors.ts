import { encodeBase64 } from "../../src/codec/base64.ts";
import { formatCheckpoint } from "../../src/receipt/checkpoint-text.ts";
import { publicKeyBytes } from "../../src/receipt/jwk-thumbprint.ts";
import { formatNoteKey, noteKeyId } from "../../src/receipt/signed-note.ts";
import { type VectorSigner, vectorSigner } from "./signed-line.ts";
import { invalid, type VectorGroup, type VectorTest, valid } from "./vector-file.ts";

const [signer, second] = [vectorSigner(7), vectorSigner(8)] as const;

/** Signed notes under one key. */
export function noteGroup(): VectorGroup {
  return { type: "SignedNote", key: noteKey("tollgate/main", signer), tests: noteTests() };
}

function noteKey(name: string, { publicKey }: VectorSigner): string {
  return formatNoteKey({ name, publicKey: publicKeyBytes(publicKey) });
}

/** A signature line, however wrong. */
export function lineBy(
  by: VectorSigner,
  text: string,
  name = "tollgate/main",
  keyName: string = name,
): string {
  const id = noteKeyId({ name: keyName, publicKey: publicKeyBytes(by.publicKey) });
  const signature = by.sign(new TextEncoder().encode(text));
  return `\u2014 ${name} ${encodeBase64(Uint8Array.from([...id, ...signature]))}\n`;
}

function noteTests(): readonly VectorTest[] {
  const text = formatCheckpoint({ origin: "tollgate/main", size: 5, root: `sha256:${"ab".repeat(32)}` });
  const line = lineBy(signer, text);
  const stranger = lineBy(second, text);
  const good = (comment: string, note: string): VectorTest => valid(comment, ["Note"], { note });
  const bad = (comment: string, note: string, reason = "malformed"): VectorTest =>
    invalid(comment, ["Note"], reason, { note });
  const other = "another text\n";
  const spaced = "a text\n\nof two paragraphs\n";
  return [
    good("a checkpoint", `${text}\n${line}`),
    good("a signature of a key that is not asked for, too", `${text}\n${stranger}${line}`),
    good("a key of another name, too", `${text}\n${lineBy(second, text, "witness.example")}${line}`),
    good("a text with an empty line", `${spaced}\n${lineBy(signer, spaced)}`),
    good("a text beyond ASCII", `\u00e9\n\n${lineBy(signer, "\u00e9\n")}`),
    bad("another text", `${other}\n${line}`, "bad_signature"),
    bad("a line feed more is another text", `${text}\n\n${line}`, "bad_signature"),
    bad(
      "the text without its line feed was signed",
      `${text}\n${lineBy(signer, text.slice(0, -1))}`,
      "bad_signature",
    ),
    bad("signed by another key", `${text}\n${stranger}`, "bad_signature"),
    bad(
      "signed by another key under the key's id",
      `${text}\n${lineBy(second, text).replace(/ \S+$/m, ` ${encodeBase64(Uint8Array.from([...noteKeyId({ name: "tollgate/main", publicKey: publicKeyBytes(signer.publicKey) }), ...second.sign(new TextEncoder().encode(text))]))}`)}`,
      "bad_signature",
    ),
    bad(
      "the key's id is that of another name",
      `${text}\n${lineBy(signer, text, "tollgate/main", "tollgate/other")}`,
      "bad_signature",
    ),
    bad(
      "a good line and a bad one in the name of the key",
      `${text}\n${line}${lineBy(signer, other)}`,
      "bad_signature",
    ),
    good("100 signatures", `${text}\n${stranger.repeat(99)}${line}`),
    bad("101 signatures", `${text}\n${stranger.repeat(100)}${line}`),
    bad("no signature", `${text}\n`),
    bad("no empty line", `${text}${line}`),
    bad("nothing", ""),
    bad("a signature without its line feed", `${text}\n${line.slice(0, -1)}`),
    bad("a hyphen instead of an em dash", `${text}\n${line.replace("\u2014", "-")}`),
    bad("two spaces", `${text}\n${line.replace("\u2014 ", "\u2014  ")}`),
    bad("a space at the end", `${text}\n${line.replace("\n", " \n")}`),
    bad("a signature that is not base64", `${text}\n${line.replace(/ (\S)\S+$/m, " $1!")}`),
    bad("a signature without padding", `${text}\n${line.replace(/=+$/m, "")}`),
    bad("a key id and nothing else", `${text}\n\u2014 tollgate/main AAAAAA==\n`),
    bad("a name with a plus sign", `${text}\n${lineBy(signer, text, "tollgate/a+b")}`),
    bad("a carriage return", `${text.replace("\n", "\r\n")}\n${line}`),
    bad("a tab", `${text}\t\n\n${line}`),
  ];
}
