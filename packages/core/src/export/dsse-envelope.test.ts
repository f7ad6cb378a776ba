import { createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { sampleChain, testSigner } from "../../test/sample-receipts.ts";
import { VerificationError } from "../errors.ts";
import { verifyChain } from "../receipt/verify-chain.ts";
import { type DsseEnvelope, fromDsseEnvelope, toDsseEnvelope } from "./dsse-envelope.ts";

const receipts = sampleChain().map(({ receipt }) => receipt);
const envelopes = receipts.map(toDsseEnvelope);
const [envelope] = envelopes as [DsseEnvelope];

/** DSSE's pre-authentication encoding, written out from its protocol page. */
function preAuthentication({ payloadType, payload }: DsseEnvelope): Buffer {
  const body = Buffer.from(payload, "base64");
  const type = Buffer.from(payloadType);
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${body.length} `), body]);
}

describe("a DSSE envelope of a receipt", () => {
  it("is verified by anybody who knows DSSE and the public key", () => {
    const key = createPublicKey({ key: { ...testSigner().publicKey }, format: "jwk" });
    const holds = envelopes.map((each) =>
      verify(null, preAuthentication(each), key, Buffer.from(each.signatures[0]?.sig ?? "", "base64")),
    );
    expect(holds).toEqual(receipts.map(() => true));
  });

  it("has the receipt's canonical body as payload, and base64 with padding", () => {
    const { payload, payloadType, signatures } = envelope;
    expect(payloadType).toBe("application/vnd.tollgate.receipt.v1+json");
    expect(JSON.parse(Buffer.from(payload, "base64").toString())).toEqual(receipts[0]?.body);
    expect(signatures).toEqual([{ keyid: testSigner().kid, sig: expect.stringMatching(/^[\w+/]{86}==$/) }]);
  });

  it("gives the receipt back, so that the chain verifies as before", async () => {
    const back = envelopes.map((each) => fromDsseEnvelope(JSON.parse(JSON.stringify(each))));
    expect(back).toEqual(receipts);
    expect((await verifyChain(back, { keys: [testSigner().publicKey] })).verdict).toBe("authentic");
  });

  it("is read in the URL-safe alphabet too, with members that nobody knows", () => {
    const urlSafe = (text: string): string =>
      text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    const { payload, payloadType, signatures } = envelope;
    const other = {
      payload: urlSafe(payload),
      payloadType,
      signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: urlSafe(sig), extension: {} })),
      more: 1,
    };
    expect(fromDsseEnvelope(other)).toEqual(receipts[0]);
  });

  const body = (text: string): string => Buffer.from(text).toString("base64");
  const canonical = Buffer.from(envelope.payload, "base64").toString();

  it.each<[string, unknown, RegExp]>([
    ["nothing", null, /not a DSSE envelope/],
    ["a receipt", receipts[0], /not a DSSE envelope/],
    ["another payload type", { ...envelope, payloadType: "application/json" }, /"application\/json"/],
    ["no signature", { ...envelope, signatures: [] }, /one signature/],
    [
      "two signatures",
      { ...envelope, signatures: [...envelope.signatures, ...envelope.signatures] },
      /one signature/,
    ],
    ["no keyid", { ...envelope, signatures: [{ sig: envelope.signatures[0]?.sig }] }, /keyid/],
    ["what is no base64", { ...envelope, payload: "%" }, /base64/],
    ["a payload that is no text", { ...envelope, payload: "/w==" }, /UTF-8/],
    ["a payload that is no JSON", { ...envelope, payload: body("{") }, /holds no receipt/],
    ["a body in another form", { ...envelope, payload: body(canonical.replace(":", ": ")) }, /canonical/],
    [
      "a payload that brings a signature of its own",
      { ...envelope, payload: body(`${canonical},"kid":"${testSigner().kid}"`) },
      /canonical/,
    ],
    [
      "a body with a member more",
      { ...envelope, payload: body(canonical.replace("{", '{"a":1,')) },
      /receipt/,
    ],
  ])("is not %s", (_what, wrong, message) => {
    expect(() => fromDsseEnvelope(wrong)).toThrow(VerificationError);
    expect(() => fromDsseEnvelope(wrong)).toThrow(message);
  });
});
