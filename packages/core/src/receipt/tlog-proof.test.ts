import { describe, expect, it } from "vitest";
import { VerificationError } from "../errors.ts";
import { parseCheckpoint } from "./checkpoint-text.ts";
import { leafHash } from "./merkle.ts";
import { parseNote } from "./signed-note.ts";
import { formatTlogProof, parseTlogProof } from "./tlog-proof.ts";

/** The signature that C2SP's tlog-checkpoint has in its example; tlog-proof's own are cut short there. */
const signature =
  "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=";

/** The example of C2SP's tlog-proof, but for its signatures. */
const example = `c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

— example.com/fancylog ${signature}
— witness1.example ${signature}
`;

describe("a proof as text", () => {
  it("is read and written as the specification's example", () => {
    const proof = parseTlogProof(example);
    expect(proof).toMatchObject({ index: 73894 });
    expect(new TextDecoder().decode(proof.extra)).toMatch(/^age-v1\.2\.1-darwin-arm64\.tar\.gz/);
    expect(proof.hashes.map((hash) => Buffer.from(hash).toString("hex").slice(0, 8))).toEqual([
      "8122b25e",
      "07de650d",
      "10a373a0",
      "468a2912",
      "0070a2a1",
    ]);
    const note = parseNote(proof.checkpoint);
    expect(parseCheckpoint(note.text)).toMatchObject({ origin: "example.com/fancylog", size: 109482 });
    expect(note.signatures.map(({ name }) => name)).toEqual(["example.com/fancylog", "witness1.example"]);
    expect(formatTlogProof(proof)).toBe(example);
  });

  // The cases of transparency-dev/formats' tests (proof/tlog_proof_test.go), with a checkpoint that is one.
  const checkpoint = example.slice(example.indexOf("\n\n") + 2);
  const [h1, h2] = ["hash1", "hash2"].map((text) => leafHash(text));
  const inBase64 = (hash?: Uint8Array) => Buffer.from(hash ?? []).toString("base64");
  it.each([
    [
      "no extra data",
      { index: 5, hashes: [h1!, h2!], checkpoint },
      `index 5\n${inBase64(h1)}\n${inBase64(h2)}\n`,
    ],
    [
      "extra data",
      { index: 10, hashes: [h1!], checkpoint, extra: new TextEncoder().encode("extra information") },
      `extra ZXh0cmEgaW5mb3JtYXRpb24=\nindex 10\n${inBase64(h1)}\n`,
    ],
    ["no hashes", { index: 0, hashes: [], checkpoint }, "index 0\n"],
    ["empty extra data", { index: 0, hashes: [], checkpoint, extra: new Uint8Array() }, "extra \nindex 0\n"],
  ])("may have %s", (_what, proof, middle) => {
    const text = `c2sp.org/tlog-proof@v1\n${middle}\n${checkpoint}`;
    expect(formatTlogProof(proof)).toBe(text);
    expect(parseTlogProof(text)).toEqual(proof);
  });

  it.each([
    ["another header", example.replace("@v1", "@v2")],
    ["extra data that is not base64", example.replace("extra YWdl", "extra !!!!")],
    ["extra data without padding", example.replace(/extra .*/, "extra YQ")],
    ["extra data twice", example.replace(/extra .*\n/, "$&$&")],
    ["no index", example.replace(/index .*\n/, "")],
    ["an index that is no number", example.replace("73894", "notanumber")],
    ["a negative index", example.replace("73894", "-5")],
    ["an index with a leading zero", example.replace("73894", "073894")],
    ["an index beyond 2^53 - 1", example.replace("73894", "9007199254740992")],
    ["a hash that is not base64", example.replace("gSKy", "!!!!")],
    ["a hash of 64 bytes", example.replace(/gSKy.*/, Buffer.alloc(64).toString("base64"))],
    ["54 hashes", example.replace(/gSKy.*\n/, "$&".repeat(50))],
    ["no empty line", example.replaceAll("\n\n", "\n")],
    ["an empty line too many", example.replace("\n\n", "\n\n\n").replace(/\n\n— .*/s, "\n")],
    ["no signature", example.replace(/— .*/s, "")],
    ["carriage returns", example.replaceAll("\n", "\r\n")],
    ["nothing", ""],
  ])("is none with %s", (_what, text) => {
    expect(() => parseTlogProof(text)).toThrow(VerificationError);
  });
});
