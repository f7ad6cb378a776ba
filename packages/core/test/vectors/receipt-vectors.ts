import { canonicalJson } from "../../src/codec/canonical-json.ts";
import { encodeHex } from "../../src/codec/hex.ts";
import type { JsonObject, JsonValue } from "../../src/codec/json.ts";
import { malformedBodies } from "./malformed-bodies.ts";
import { sampleBodies, variantOf, variants } from "./sample-bodies.ts";
import { describeSigner, lineOf, signatureOf, signLine, vectorSigner } from "./signed-line.ts";
import { invalid, type VectorFileContent, type VectorTest, valid } from "./vector-file.ts";

const signer = vectorSigner(7);
const bodies = sampleBodies(signer);
const stop = bodies.stop as JsonObject;

/** Single receipts, whatever chain they stand in: shape, canonical form and signature. */
export function receiptVectors(): VectorFileContent {
  const types = Object.keys(bodies);
  return {
    algorithm: "Receipts",
    header: [
      "Receipt: whether 'line' (or 'hex', its bytes) is a receipt of version 1, canonical, and signed by the group's key.",
      "What a verifier of chains checks besides (sequence, links, times, meaning) is in chains.json.",
      "'seed' is the secret of the key: who signs the body of a valid line with it must get that line, byte for byte.",
      "Invalid lines are signed as they stand, unless their signature is what is wrong with them.",
    ],
    notes: {
      Canonical: "A receipt's text is the one canonical text of its content.",
      Key: "A key receipt names a usable key by its own thumbprint.",
      NotJson: "Bytes that are no JSON text in UTF-8.",
      Shape: "Every member that must be there is, in its form, and no other is.",
      Signature: "The signature is over the canonical body, by the key that 'kid' names.",
      Version: "A verifier refuses what it does not know.",
    },
    groups: [
      ...types.map((type) => ({
        type: "Receipt",
        body: type,
        ...describeSigner(signer),
        tests: [...soundLines(type), ...unsoundLines(type)],
      })),
      {
        type: "Receipt",
        body: "any",
        ...describeSigner(signer),
        tests: [...envelopes(), ...texts(), ...signatures()],
      },
    ],
  };
}

function soundLines(type: string): readonly VectorTest[] {
  const own = variants.filter(([, of]) => of === type);
  return [
    valid("what it must have", ["Shape"], { line: signLine(bodies[type], signer) }),
    ...own.map(([comment, , change]) =>
      valid(comment, ["Shape"], { line: signLine(variantOf(bodies[type] as JsonObject, change), signer) }),
    ),
  ];
}

function unsoundLines(type: string): readonly VectorTest[] {
  const body = bodies[type] as JsonObject;
  return malformedBodies(type, body).map(({ comment, reason, value }) =>
    invalid(comment, [reason === "bad_key" ? "Key" : "Shape"], reason, {
      line: signLine(value, signer, "json"),
    }),
  );
}

/** Envelopes around a sound body. */
function envelopes(): readonly VectorTest[] {
  const bodyJson = canonicalJson(stop, "receipt");
  const sig = signatureOf(bodyJson, signer);
  const { kid } = signer;
  const whole: JsonObject = { body: stop, kid, sig };
  const text = (value: JsonValue): JsonObject => ({ line: canonicalJson(value) });
  const without = (name: string): JsonObject =>
    Object.fromEntries(Object.entries(whole).filter(([key]) => key !== name));
  const shape = (comment: string, value: JsonValue, reason = "malformed"): VectorTest =>
    invalid(comment, [reason === "malformed" ? "Shape" : "Version"], reason, text(value));
  const body = (change: JsonObject): JsonObject => ({ ...whole, body: { ...stop, ...change } });
  return [
    shape("null", null),
    shape("an array", [whole]),
    shape("a text", "receipt"),
    shape("an empty object", {}),
    shape("no body", without("body")),
    shape("no kid", without("kid")),
    shape("no sig", without("sig")),
    shape("a member more", { ...whole, alg: "EdDSA" }),
    shape("a body that is an array", { ...whole, body: [] }),
    shape("a body that is a text", { ...whole, body: bodyJson }),
    shape("a kid of 42 characters", { ...whole, kid: kid.slice(1) }),
    shape("a kid with padding", { ...whole, kid: `${kid}=` }),
    shape("a sig of 85 characters", { ...whole, sig: sig.slice(1) }),
    shape("a sig in base64", { ...whole, sig: `${sig.slice(2)}+/` }),
    shape("version 2", body({ v: 2 }), "unknown_version"),
    shape("version 0", body({ v: 0 }), "unknown_version"),
    shape("a version that is a text", body({ v: "1" }), "unknown_version"),
    shape("version null", body({ v: null }), "unknown_version"),
    shape("version 2 of an unknown type", body({ v: 2, type: "note" }), "unknown_version"),
    shape("an unknown type", body({ type: "note" }), "unknown_type"),
    shape("a type in upper case", body({ type: "Stop" }), "unknown_type"),
    shape("a type that is a member of every object", body({ type: "constructor" }), "unknown_type"),
    shape("a type that is no text", body({ type: 1 }), "unknown_type"),
    shape("a member more beside an unknown version", { ...body({ v: 2 }), alg: "EdDSA" }),
  ];
}

/** Texts and bytes of a sound receipt that are not its own. */
function texts(): readonly VectorTest[] {
  const line = signLine(stop, signer);
  const { kid } = signer;
  const bodyJson = canonicalJson(stop, "receipt");
  const sig = signatureOf(bodyJson, signer);
  const other = (comment: string, text: string, reason = "not_canonical"): VectorTest =>
    invalid(comment, [reason === "not_json" ? "NotJson" : "Canonical"], reason, { line: text });
  const bytes = (comment: string, ...parts: readonly Uint8Array[]): VectorTest =>
    invalid(comment, ["NotJson"], "not_json", { hex: encodeHex(Buffer.concat(parts)) });
  const raw = Buffer.from(line);
  const middle = line.indexOf("runaway");
  return [
    other("a space at the end", `${line} `),
    other("a line feed at the end", `${line}\n`),
    other("a carriage return at the end", `${line}\r`),
    other("a space inside", line.replace('"v":1', '"v": 1')),
    other("kid before body", `{"kid":"${kid}","body":${bodyJson},"sig":"${sig}"}`),
    other("members of the body in another order", line.replace(/"type":"stop","v":1/, '"v":1,"type":"stop"')),
    other("kid twice", line.replace(`"kid":"${kid}"`, `"kid":"${kid}","kid":"${kid}"`)),
    other(
      "a first reason that the last one hides",
      line.replace('"reason":', '"reason":"all is well","reason":'),
    ),
    other("a number with an exponent", line.replace('"v":1', '"v":1e0')),
    other("a number with a fraction", line.replace('"v":1', '"v":1.0')),
    other("an escape that is not needed", line.replace("runaway", "\\u0072unaway")),
    other("-0 as the sequence number", lineOf(bodyJson.replace('"seq":4', '"seq":-0'), kid, sig)),
    other("a lone surrogate", line.replace("runaway", "\\ud800")),
    other("two receipts on a line", line + line, "not_json"),
    other("the first half", line.slice(0, line.length / 2), "not_json"),
    other("nothing", "", "not_json"),
    other("a tab in a string", line.replace("runaway", "run\taway"), "not_json"),
    other("NaN", line.replace('"v":1', '"v":NaN'), "not_json"),
    bytes("a byte order mark", new Uint8Array([0xef, 0xbb, 0xbf]), raw),
    bytes("a byte that is no UTF-8", raw.subarray(0, middle), new Uint8Array([0xff]), raw.subarray(middle)),
    bytes("zeros", new Uint8Array(64)),
  ];
}

/** Receipts whose signature is at fault. */
function signatures(): readonly VectorTest[] {
  const bodyJson = canonicalJson(stop, "receipt");
  const { kid } = signer;
  const sig = signatureOf(bodyJson, signer);
  const other = vectorSigner(8);
  const bad = (comment: string, line: string, reason = "bad_signature"): VectorTest =>
    invalid(comment, ["Signature"], reason, { line });
  const changed = bodyJson.replace("run-1", "run-2");
  // The last of 86 letters has four bits to spare, which belong to no byte.
  const spare = `${sig.slice(0, -1)}${{ A: "B", Q: "R", g: "h", w: "x" }[sig.slice(-1)]}`;
  return [
    valid("a receipt", ["Signature"], { line: signLine(stop, signer) }),
    valid("text beyond ASCII is signed as UTF-8", ["Signature"], {
      line: signLine({ ...stop, reason: "\u20ac\u{1f600}" }, signer),
    }),
    bad("a body that was changed after signing", lineOf(changed, kid, sig)),
    bad("the signature of another body", lineOf(bodyJson, kid, signatureOf(changed, signer))),
    bad("signed by another key", lineOf(bodyJson, kid, signatureOf(bodyJson, other))),
    bad(
      "a kid that is not the key's",
      lineOf(bodyJson, other.kid, signatureOf(bodyJson, other)),
      "unknown_key",
    ),
    bad("unused bits of the signature set", lineOf(bodyJson, kid, spare)),
    bad("all bits of the signature clear", lineOf(bodyJson, kid, "A".repeat(86))),
    bad(
      "the body alone was signed",
      lineOf(bodyJson, kid, Buffer.from(signer.sign(Buffer.from(bodyJson))).toString("base64url")),
    ),
  ];
}
