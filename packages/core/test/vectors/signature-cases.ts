import { encodeBase64url } from "../../src/codec/base64url.ts";
import { canonicalJson } from "../../src/codec/canonical-json.ts";
import type { JsonObject } from "../../src/codec/json.ts";
import { signingInput } from "../../src/codec/signing-input.ts";
import { jwkThumbprint, toJwk } from "../../src/receipt/jwk-thumbprint.ts";
import { endorsementPayloadType } from "../../src/receipt/receipt.ts";
import type { ChainCase } from "./chain-case.ts";
import { ChainWriter, decisionOf, keyOf, stopped } from "./chain-writer.ts";
import { lineOf, vectorSigner } from "./signed-line.ts";

const signer = vectorSigner(7);
const other = vectorSigner(8);
const keys = [{ ...signer.publicKey }];
const trusting: JsonObject = { keys };
const [first = "", second = "", third = ""] = new ChainWriter({ signer })
  .open()
  .write(decisionOf(1), stopped).lines;

/** Cases about lines that cannot be read, and about who signed them. */
export const signatureCases: readonly ChainCase[] = [...unreadable(), ...signed()];

function bad(
  flag: string,
  comment: string,
  lines: readonly string[],
  expected: readonly [string, number, string | null, number | null],
  options = trusting,
): ChainCase {
  return { comment, flags: [flag], lines, options, expected };
}

function unreadable(): readonly ChainCase[] {
  return [
    bad("Unreadable", "a first line that is no JSON", ["receipts", first], ["not_json", 0, null, null]),
    bad("Unreadable", "an empty line", [first, "", second], ["not_json", 1, "main", 1]),
    bad("Unreadable", "a line that is cut short", [first, second.slice(0, -1)], ["not_json", 1, "main", 1]),
    bad(
      "Unreadable",
      "another version",
      [first, second.replace('"v":1', '"v":2')],
      ["unknown_version", 1, "main", 1],
    ),
    bad(
      "Unreadable",
      "another type",
      [first, second, third.replace('"type":"stop"', '"type":"halt"')],
      ["unknown_type", 2, "main", 2],
    ),
    bad(
      "Unreadable",
      "a member more",
      [first, second, third.replace('"v":1', '"v":1,"w":1')],
      ["malformed", 2, "main", 2],
    ),
    bad("Unreadable", "a space more", [first, `${second} `], ["not_canonical", 1, "main", 1]),
    bad("Unreadable", "a carriage return", [`${first}\r`], ["not_canonical", 0, null, null]),
  ];
}

function signed(): readonly ChainCase[] {
  const chain = new ChainWriter({ signer }).open();
  const [firstBody, body] = [first, second].map((line) => canonicalJson(JSON.parse(line).body));
  const sign = (text: string): string => encodeBase64url(signer.sign(new TextEncoder().encode(text)));
  const offCurve = toJwk(new Uint8Array(32).fill(0).fill(2, 0, 1));
  const identity = toJwk(new Uint8Array(32).fill(0).fill(1, 0, 1));
  const named = (jwk: ReturnType<typeof toJwk>): string => {
    const kid = jwkThumbprint(jwk);
    const text = new ChainWriter({ signer }).next({ type: "key", kid, jwk: { ...jwk } });
    return lineOf(canonicalJson(JSON.parse(text).body), kid, JSON.parse(text).sig);
  };
  return [
    bad(
      "Signature",
      "a name that was changed",
      [first, second.replace("gpt-4o", "gpt-4x")],
      ["bad_signature", 1, "main", 1],
    ),
    bad(
      "Signature",
      "the signature of another receipt",
      [first, lineOf(body ?? "", signer.kid, JSON.parse(third).sig)],
      ["bad_signature", 1, "main", 1],
    ),
    bad(
      "Signature",
      "a first receipt that was changed",
      [first.replace("2026", "2025")],
      ["bad_signature", 0, "main", 0],
    ),
    bad(
      "Signature",
      "the body alone was signed",
      [first, lineOf(body ?? "", signer.kid, sign(body ?? ""))],
      ["bad_signature", 1, "main", 1],
    ),
    bad(
      "Signature",
      "signed as an endorsement",
      [
        first,
        lineOf(
          body ?? "",
          signer.kid,
          encodeBase64url(signer.sign(signingInput(endorsementPayloadType, body ?? ""))),
        ),
      ],
      ["bad_signature", 1, "main", 1],
    ),
    bad(
      "Signature",
      "signed by another key under the chain's name",
      [first, lineOf(body ?? "", signer.kid, JSON.parse(chain.next(JSON.parse(body ?? ""), other)).sig)],
      ["bad_signature", 1, "main", 1],
    ),
    bad(
      "Signature",
      "signed by another key",
      [first, chain.next(stopped, other)],
      ["unknown_key", 1, "main", 1],
    ),
    bad(
      "Signature",
      "signed by another key that is trusted, too",
      [first, chain.next(stopped, other)],
      ["unknown_key", 1, "main", 1],
      { keys: [...keys, { ...other.publicKey }] },
    ),
    bad(
      "FirstKey",
      "a chain that does not start with a key",
      [new ChainWriter({ signer }).next(stopped)],
      ["missing_key", 0, "main", 0],
    ),
    bad(
      "FirstKey",
      "a chain that starts with another key than signs it",
      [new ChainWriter({ signer }).next(keyOf(other))],
      ["missing_key", 0, "main", 0],
    ),
    bad(
      "FirstKey",
      "a key with the thumbprint of another",
      [new ChainWriter({ signer }).next({ ...keyOf(signer), kid: other.kid })],
      ["bad_key", 0, "main", 0],
    ),
    bad("FirstKey", "a key of small order", [named(identity)], ["bad_key", 0, "main", 0], {}),
    bad(
      "FirstKey",
      "a key that is no point of the curve",
      [named(offCurve)],
      ["bad_signature", 0, "main", 0],
      {},
    ),
    bad(
      "FirstKey",
      "a first receipt that is signed by nobody",
      [lineOf(firstBody ?? "", signer.kid, "A".repeat(86))],
      ["bad_signature", 0, "main", 0],
    ),
  ];
}
