import { describe, expect, it } from "vitest";
import { noon, sampleChain, testDigest, testId, testSigner } from "../../test/sample-receipts.ts";
import { encodeBase64url } from "../codec/base64url.ts";
import { canonicalJson } from "../codec/canonical-json.ts";
import { signingInput } from "../codec/signing-input.ts";
import { jwkThumbprint } from "./jwk-thumbprint.ts";
import { receiptPayloadType } from "./receipt.ts";
import { receiptLines } from "./receipt-lines.ts";
import { verifyChain } from "./verify-chain.ts";
import type { BreakReason, VerifyReport } from "./verify-report.ts";

const trusted = { keys: [testSigner().publicKey] };
const sealed = sampleChain();
const file = new TextEncoder().encode(sealed.map(({ json }) => `${json}\n`).join(""));

async function* chunksOf(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

function verifyFile(bytes: Uint8Array): Promise<VerifyReport> {
  return verifyChain(receiptLines(chunksOf(bytes)), trusted);
}

describe("a receipt file", () => {
  it("holds as it is, with every type of receipt in it", async () => {
    expect(await verifyFile(file)).toMatchObject({ verdict: "authentic", receipts: 6 });
    const types = sealed.map(({ receipt }) => receipt.body.type);
    expect(types).toEqual(["key", "decision", "approval", "settlement", "stop", "close"]);
  });

  it.each([0x01, 0x20])("breaks at the very line in which any byte is changed by %i", async (bits) => {
    let line = 0;
    for (const [offset, byte] of file.entries()) {
      const changed = file.slice();
      changed[offset] = byte ^ bits;
      const report = await verifyFile(changed);
      expect(report, `offset ${offset}`).toMatchObject({
        verdict: "broken",
        receipts: line,
        break: { index: line },
      });
      if (byte === 0x0a) line++;
    }
    expect(line).toBe(6);
  });

  it("breaks at the very line from which any byte is gone", async () => {
    let line = 0;
    for (const [offset, byte] of file.entries()) {
      // Without its last line feed the file still says the same.
      if (offset === file.length - 1) break;
      const report = await verifyFile(Buffer.concat([file.subarray(0, offset), file.subarray(offset + 1)]));
      expect(report, `offset ${offset}`).toMatchObject({
        verdict: "broken",
        receipts: line,
        break: { index: line },
      });
      if (byte === 0x0a) line++;
    }
    expect(line).toBe(5);
  });

  it.each([
    ["a byte order mark", "\ufeff", 0],
    ["an empty line", "\n", 0],
    ["a space", " ", 0],
    ["a carriage return", "\r", sealed[0]!.json.length],
  ])("breaks at %s that was put in", async (_, text, offset) => {
    const bytes = Buffer.concat([file.subarray(0, offset), Buffer.from(text), file.subarray(offset)]);
    expect(await verifyFile(bytes)).toMatchObject({ verdict: "broken", break: { index: 0 } });
  });
});

/** A text that the signer really signed, whatever it says. */
function signed(body: object, fill = 1): string {
  const signer = testSigner(fill);
  const bodyJson = canonicalJson(body);
  const sig = encodeBase64url(signer.sign(signingInput(receiptPayloadType, bodyJson)));
  return `{"body":${bodyJson},"kid":"${signer.kid}","sig":"${sig}"}`;
}

const opening = sealed[0]!;
const second = {
  v: 1,
  id: testId(1),
  chain: "main",
  seq: 1,
  prev: opening.digest,
  time: new Date(noon).toISOString(),
};
const stop = { ...second, type: "stop", run: "run-1", reason: "enough" };
const decision = sealed[1]!.receipt.body;
const settlement = sealed[3]!.receipt.body;

async function breakOf(...texts: readonly string[]): Promise<unknown> {
  return (await verifyChain([opening.json, ...texts], trusted)).break;
}

describe("a receipt that its signer really signed", () => {
  it("holds when nothing is wrong with it", async () => {
    expect(await breakOf(signed(stop))).toBeNull();
  });

  const { reason: _, ...stopWithoutReason } = stop;
  const refused: readonly [string, BreakReason, object][] = [
    ["has another version", "unknown_version", { ...stop, v: 2 }],
    ["has its version as text", "unknown_version", { ...stop, v: "1" }],
    ["is of an unknown type", "unknown_type", { ...stop, type: "prophecy" }],
    ["is of a type that every object has", "unknown_type", { ...stop, type: "constructor" }],
    ["has a field too many", "malformed", { ...stop, note: "hello" }],
    [
      "has __proto__ as a field",
      "malformed",
      JSON.parse(JSON.stringify(stop).replace("{", '{"__proto__":1,')),
    ],
    [
      "has __proto__ as the name of a number",
      "not_canonical",
      { ...settlement, ...second, usage: JSON.parse('{"__proto__":"x"}') },
    ],
    ["lacks a field", "malformed", stopWithoutReason],
    ["has a field too many, deep inside", "malformed", { ...decision, decision: { ...decision, note: 1 } }],
    ["has an id that is no UUIDv7", "malformed", { ...stop, id: "019a9f3c-0000-4000-8000-000000000001" }],
    ["has a time that is not in UTC", "malformed", { ...stop, time: "2025-11-20T12:00:00.000+01:00" }],
    ["has a time without milliseconds", "malformed", { ...stop, time: "2025-11-20T12:00:00Z" }],
    ["has a time on no calendar", "malformed", { ...stop, time: "2026-02-30T12:00:00.000Z" }],
    ["has a negative sequence number", "malformed", { ...stop, seq: -1 }],
    ["has a broken sequence number", "malformed", { ...stop, seq: 1.5 }],
    [
      "has a number as its amount",
      "malformed",
      { ...settlement, ...second, amounts: [{ unit: "usd", amount: 1 }] },
    ],
    [
      "has a negative amount",
      "malformed",
      { ...settlement, ...second, amounts: [{ unit: "usd", amount: "-1" }] },
    ],
    [
      "has a leading zero",
      "malformed",
      { ...settlement, ...second, amounts: [{ unit: "usd", amount: "01" }] },
    ],
    [
      "has an amount beyond 64 bits",
      "malformed",
      { ...settlement, ...second, amounts: [{ unit: "usd", amount: "9223372036854775808" }] },
    ],
    ["books something without settling", "malformed", { ...settlement, ...second, outcome: "released" }],
    ["has keys outside the profile", "malformed", { ...settlement, ...second, usage: { inputTokens: 1 } }],
    ["stands too far ahead", "sequence_gap", { ...stop, seq: 2 }],
    ["stands too far behind", "fork", { ...stop, seq: 0, prev: null }],
    ["follows something else", "previous_digest", { ...stop, prev: testDigest("0") }],
    ["follows nothing", "previous_digest", { ...stop, prev: null }],
    ["is earlier than the one before it", "time_backwards", { ...stop, time: "2025-11-20T11:59:59.999Z" }],
    [
      "names a key by another's thumbprint",
      "bad_key",
      { ...second, type: "key", kid: testSigner(3).kid, jwk: testSigner(2).publicKey },
    ],
    ["settles a decision that nobody made", "no_open_decision", { ...settlement, ...second }],
  ];
  for (const [what, reason, body] of refused) {
    it(`is refused when it ${what}`, async () => {
      expect(await breakOf(signed(body))).toMatchObject({ reason, index: 1, chain: "main", seq: 1 });
    });
  }

  it("is refused when it names a key of small order", async () => {
    const jwk = { kty: "OKP", crv: "Ed25519", x: encodeBase64url(new Uint8Array(32)) } as const;
    const body = { ...second, type: "key", kid: jwkThumbprint(jwk), jwk };
    expect(await breakOf(signed(body))).toMatchObject({ reason: "bad_key", index: 1 });
  });

  it("is refused when another key signed it", async () => {
    expect(await breakOf(signed(stop, 2))).toMatchObject({ reason: "unknown_key", index: 1, seq: 1 });
  });

  it("is refused when another key signed it in the chain key's name", async () => {
    const forged = signed(stop, 2).replace(testSigner(2).kid, testSigner(1).kid);
    expect(await breakOf(forged)).toMatchObject({ reason: "bad_signature", index: 1, seq: 1 });
  });

  it("is refused after the chain was closed", async () => {
    const report = await verifyChain(
      [...sealed.map(({ json }) => json), signed({ ...stop, seq: 6 })],
      trusted,
    );
    expect(report.break).toMatchObject({ reason: "after_close", index: 6, seq: 6 });
  });

  it.each([
    [
      "keys in another order",
      (text: string) => text.replace(/^\{"body":(.*),("kid":"[^"]*"),/, '{$2,"body":$1,'),
    ],
    ["white space", (text: string) => text.replace('"seq":1', '"seq": 1')],
    ["a key twice", (text: string) => text.replace('"seq":1', '"seq":7,"seq":1')],
    ["a number written differently", (text: string) => text.replace('"seq":1', '"seq":1.0')],
    ["a letter written as an escape", (text: string) => text.replace("enough", "\\u0065nough")],
  ])("is refused when its text has %s", async (_what, change) => {
    const text = change(signed(stop));
    expect(JSON.parse(text)).toEqual(JSON.parse(signed(stop)));
    expect(await breakOf(text)).toMatchObject({ reason: "not_canonical", index: 1, seq: 1 });
  });

  it("is refused when its bytes only decode to what was signed", async () => {
    const text = new TextEncoder().encode(signed({ ...stop, reason: "\ufffd" }));
    const at = text.indexOf(0xef);
    const changed = Buffer.concat([text.subarray(0, at), Buffer.from([0xff]), text.subarray(at + 3)]);
    expect(new TextDecoder().decode(changed)).toBe(new TextDecoder().decode(text));
    const reports = await Promise.all(
      [text, changed].map((bytes) => verifyChain([opening.json, bytes], trusted)),
    );
    expect(reports.map((report) => report.break?.reason ?? "holds")).toEqual(["holds", "not_json"]);
  });

  it("is refused when its text is no JSON or no receipt", async () => {
    expect(await breakOf("")).toMatchObject({ reason: "not_json" });
    expect(await breakOf("{")).toMatchObject({ reason: "not_json" });
    expect(await breakOf(`${"[".repeat(100_000)}`)).toMatchObject({ reason: "not_json" });
    for (const text of ["null", "[]", "{}", '"text"', `{"body":null,"kid":"","sig":""}`]) {
      expect(await breakOf(text)).toMatchObject({ reason: "malformed", index: 1, seq: 1 });
    }
  });
});
