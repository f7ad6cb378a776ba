import { describe, expect, it } from "vitest";
import { testSigner } from "../../test/sample-receipts.ts";
import { VerificationError } from "../errors.ts";
import { formatCheckpoint, parseCheckpoint } from "./checkpoint-text.ts";
import { publicKeyBytes } from "./jwk-thumbprint.ts";
import {
  formatNote,
  formatNoteKey,
  isKeyName,
  isNoteSigned,
  noteKeyId,
  parseNote,
  parseNoteKey,
  type SignedNote,
} from "./signed-note.ts";

/** The key and the note of golang.org/x/mod/sumdb/note's tests (note_test.go). */
const peterKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const peterText =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const peterNote = `${peterText}
— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

/** Two heads of sum.golang.org, years apart, and the key that every copy of Go has for it. */
const goKey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
const goNotes = [
  `go.sum database tree
15081221
BoMMe1wd25Tco0mYGROkyqxHZWx+hcSCtMV315Lu6Lg=

— sum.golang.org Az3grilD7vQqTrv66jRgKM84Y80KTprrSt4bKmiOPxgmS5ZVBTeCl6dUvjYnN13R+C8j0jGY1WnUADGMkok3U0m2Zgo=
`,
  `go.sum database tree
63096908
8lHrQPRYe4KT4WQ9/Qk8/taKnD6IRHbFgfN7vQE2Y54=

— sum.golang.org Az3gri/oVBN1jAhNZ/iS+W31psFAWRT20/GyrhpU6taFwulQGetBkH5S7wpGXdS935jiIGiUUAXBVHzT/P6fYhqAmAk=
`,
];

/** The examples of C2SP's signed-note and tlog-checkpoint; nobody published their keys. */
const quasimodo = `Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
`;
const sofa = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
`;

describe("a signed note", () => {
  it("that Go's own tests sign is read, verified and written the same", () => {
    const note = parseNote(peterNote);
    expect(note.text).toBe(peterText);
    expect(isNoteSigned(note, [parseNoteKey(peterKey)])).toBe(true);
    expect(formatNote(note)).toBe(peterNote);
    expect(formatNoteKey(parseNoteKey(peterKey))).toBe(peterKey);
  });

  it.each(goNotes)("of Go's checksum database is a checkpoint under its key", (text) => {
    const note = parseNote(text);
    expect(isNoteSigned(note, [parseNoteKey(goKey)])).toBe(true);
    const [origin, size] = text.split("\n");
    const head = parseCheckpoint(note.text);
    expect(head).toMatchObject({ origin, size: Number(size) });
    expect(formatCheckpoint(head)).toBe(note.text);
  });

  it("is split where the specification's examples are", () => {
    const poem = parseNote(quasimodo);
    expect(poem.text.endsWith("sera.\n")).toBe(true);
    expect(poem.signatures.map(({ name }) => name)).toEqual(["quasimodo.example/salvatore"]);
    const checkpoint = parseNote(sofa);
    expect(parseCheckpoint(checkpoint.text)).toMatchObject({ size: 20852163 });
    expect(checkpoint.signatures).toHaveLength(2);
    for (const text of [quasimodo, sofa]) expect(formatNote(parseNote(text))).toBe(text);
  });

  const broken: readonly [string, string][] = [
    ["has no signature", `${peterText}\n`],
    ["has no empty line", peterNote.replace("\n\n", "\n")],
    ["does not end in a line feed", peterNote.slice(0, -1)],
    ["has a hyphen for the dash", peterNote.replace("—", "-")],
    ["has no name", peterNote.replace("— PeterNeumann ", "—  ")],
    ["has a plus in a name", peterNote.replace("— Peter", "— Peter+")],
    ["has a word too many", peterNote.replace("— Peter", "— St Peter")],
    ["has no base64", peterNote.replace("nAM=", "nAM")],
    ["has too short a signature", `${peterText}\n— PeterNeumann x08goA==\n`],
    ["has a carriage return", peterNote.replace(",\n", ",\r\n")],
    ["has a tab", peterNote.replace("problem,", "problem,\t")],
    ["has 101 signatures", `${peterText}\n${`${peterNote.split("\n")[3]}\n`.repeat(101)}`],
  ];
  for (const [what, text] of broken) {
    it(`is none when it ${what}`, () => {
      expect(() => parseNote(text)).toThrow(VerificationError);
    });
  }

  it("may have 100 signatures and characters of every other kind", () => {
    const line = `${peterNote.split("\n")[3]}\n`;
    expect(parseNote(`${peterText}\n${line.repeat(100)}`).signatures).toHaveLength(100);
    expect(parseNote(peterNote.replace("problem,", "problem \u0085\u00a0\u{1f600},")).text).toContain(
      "\u0085",
    );
  });
});

describe("who signed a note", () => {
  const [alice, bob] = [testSigner(1), testSigner(2)].map((signer) => {
    const key = {
      name: `example.org/${signer.kid.slice(0, 4)}`,
      publicKey: publicKeyBytes(signer.publicKey),
    };
    const sign = (text: string) => ({
      name: key.name,
      keyId: noteKeyId(key),
      signature: signer.sign(new TextEncoder().encode(text)),
    });
    return { key, sign };
  });
  if (alice === undefined || bob === undefined) throw new Error("there are two");
  const text = "hello\n";
  const both: SignedNote = { text, signatures: [alice.sign(text), bob.sign(text)] };

  it("is whoever is known and did, whatever other lines say", () => {
    expect(isNoteSigned(both, [alice.key])).toBe(true);
    expect(isNoteSigned(both, [bob.key])).toBe(true);
    const strangersWrong = { text, signatures: [alice.sign(text), bob.sign("other\n")] };
    expect(isNoteSigned(strangersWrong, [alice.key])).toBe(true);
  });

  it("is nobody when no known key did, or one of them is forged", () => {
    expect(isNoteSigned(both, [])).toBe(false);
    expect(isNoteSigned({ ...both, text: "other\n" }, [alice.key])).toBe(false);
    const forged = { text, signatures: [alice.sign(text), bob.sign("other\n")] };
    expect(isNoteSigned(forged, [alice.key, bob.key])).toBe(false);
    const otherName = { ...alice.key, name: "example.org/else" };
    expect(isNoteSigned(both, [otherName])).toBe(false);
  });

  it("is told by name and id, both", () => {
    const claimed = { text, signatures: [{ ...bob.sign(text), name: alice.key.name }] };
    expect(isNoteSigned(claimed, [alice.key])).toBe(false);
    const wrongId = { text, signatures: [{ ...alice.sign(text), keyId: bob.sign(text).keyId }] };
    expect(isNoteSigned(wrongId, [alice.key])).toBe(false);
  });
});

describe("a key's name", () => {
  it.each(["a", "tollgate/main", "tollgate/日本", "sum.golang.org"])("may be %j", (name) => {
    expect(isKeyName(name)).toBe(true);
  });

  it.each([
    "",
    "a b",
    "a+b",
    "a\tb",
    "a\nb",
    "a\u00a0b",
    "a\u2028b",
    "a\u3000",
    "\u0085",
    "\u0000",
    "\ud800",
  ])("may not be %j", (name) => {
    expect(isKeyName(name)).toBe(false);
  });
});

describe("a note's key as text", () => {
  it.each([
    "",
    "PeterNeumann",
    "PeterNeumann+c74f20a3",
    peterKey.replace("c74f20a3", "c74f20a4"),
    peterKey.replace("c74f20a3", "C74F20A3"),
    peterKey.replace("+ARpc", "+AhPc"),
    `${peterKey}AAAA`,
  ])("is none when it is %j", (text) => {
    expect(() => parseNoteKey(text)).toThrow(VerificationError);
  });
});
