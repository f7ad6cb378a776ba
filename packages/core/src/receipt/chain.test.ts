import { describe, expect, it } from "vitest";
import {
  chainFrom,
  countingIds,
  decisionContent,
  keyContent,
  noon,
  openChain,
  sampleChain,
  testId,
  testSigner,
} from "../../test/sample-receipts.ts";
import { decodeBase64url } from "../codec/base64url.ts";
import { canonicalJson } from "../codec/canonical-json.ts";
import { digestOf } from "../codec/digest.ts";
import * as noble from "../codec/ed25519.noble.ts";
import { createVerifier } from "../codec/ed25519.node.ts";
import { signingInput } from "../codec/signing-input.ts";
import { InvalidAction, VerificationError } from "../errors.ts";
import { createChain } from "./chain.ts";
import { jwkThumbprint, publicKeyBytes, toJwk } from "./jwk-thumbprint.ts";
import { createSigner } from "./local-signer.ts";
import { receiptPayloadType } from "./receipt.ts";
import { verifyChain } from "./verify-chain.ts";

describe("a sealed receipt", () => {
  it("comes with its canonical text and the digest of that", () => {
    for (const { receipt, json, digest } of sampleChain()) {
      expect(json).toBe(canonicalJson(receipt, "receipt"));
      expect(digest).toBe(digestOf(json));
    }
  });

  it("names the digest of the receipt before it, counts from 0, and starts with null", () => {
    const sealed = sampleChain();
    expect(sealed.map(({ receipt }) => receipt.body.seq)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(sealed.map(({ receipt }) => receipt.body.prev)).toEqual([
      null,
      ...sealed.slice(0, -1).map((s) => s.digest),
    ]);
  });

  it("is signed over DSSE's encoding of the canonical body", () => {
    const verify = createVerifier(publicKeyBytes(testSigner().publicKey));
    for (const { receipt } of sampleChain()) {
      const signed = signingInput(receiptPayloadType, canonicalJson(receipt.body));
      expect(verify(decodeBase64url(receipt.sig), signed)).toBe(true);
    }
  });

  it("has the same bytes when noble signs", () => {
    const key = noble.createSigningKey(new Uint8Array(32).fill(1));
    const publicKey = toJwk(key.publicKey);
    const signer = { kid: jwkThumbprint(publicKey), publicKey, sign: key.sign };
    const seal = (by: typeof signer): string[] => {
      const { chain, opening } = openChain({ signer: by });
      return [
        opening.json,
        chain.seal(decisionContent(), noon).json,
        chain.seal({ type: "close" }, noon).json,
      ];
    };
    expect(seal(signer)).toEqual(seal(testSigner()));
  });

  it("takes the id that is given, and else a new one", () => {
    const { chain } = openChain({ firstId: 7 });
    expect(chain.seal({ ...decisionContent(), id: testId(99) }, noon).receipt.body.id).toBe(testId(99));
    expect(chain.seal(decisionContent(), noon).receipt.body.id).toBe(testId(8));
  });

  it("is never earlier than the one before it, even when the clock goes back", () => {
    const { chain } = openChain();
    const times = [noon + 5, noon - 60_000, noon + 4, noon + 6].map((now) =>
      chain.seal(decisionContent(), now),
    );
    expect(times.map(({ receipt }) => receipt.body.time)).toEqual([
      "2025-11-20T12:00:00.005Z",
      "2025-11-20T12:00:00.005Z",
      "2025-11-20T12:00:00.005Z",
      "2025-11-20T12:00:00.006Z",
    ]);
  });
});

describe("a chain", () => {
  it("starts with the signer's own key receipt and nothing else", () => {
    const signer = testSigner();
    const chain = createChain({ chain: "main", signer, newId: countingIds() });
    expect(() => chain.seal(decisionContent(), noon)).toThrow(VerificationError);
    expect(() => chain.seal(keyContent(testSigner(2)), noon)).toThrow(/starts with its signer.s key receipt/);
    expect(chain.head).toBeNull();
    expect(chain.seal(keyContent(signer), noon).receipt.body.seq).toBe(0);
  });

  it("stays as it was when the signer throws", () => {
    const signer = testSigner();
    let works = true;
    const flaky = { ...signer, sign: (bytes: Uint8Array) => (works ? signer.sign(bytes) : fail()) };
    const { chain } = openChain({ signer: flaky });
    const { head } = chain;
    works = false;
    expect(() => chain.seal(decisionContent(), noon)).toThrow("the key is gone");
    expect(chain.head).toEqual(head);
    works = true;
    expect(chain.seal(decisionContent(), noon).receipt.body).toMatchObject({ seq: 1, prev: head?.digest });
  });

  it("stays as it was when the content is outside the receipt profile", () => {
    const { chain } = openChain();
    const { head } = chain;
    const content = decisionContent({ price: { catalog: "c", model: "m", rates: { input: 0.5 } } });
    expect(() => chain.seal(content, noon)).toThrow(InvalidAction);
    expect(() => chain.seal(content, noon)).toThrow("$.price.rates.input is 0.5");
    expect(chain.head).toEqual(head);
  });

  it("goes on from what the log really has", async () => {
    const { chain, opening } = openChain();
    const first = chain.seal(decisionContent(), noon);
    const durable = chain.head;
    chain.seal(decisionContent(), noon);
    chain.seal(decisionContent(), noon);
    chain.resume(durable);
    const second = chain.seal(decisionContent(), noon);
    expect(second.receipt.body).toMatchObject({ seq: 2, prev: first.digest });
    const report = await verifyChain([opening, first, second].map(({ json }) => json));
    expect(report).toMatchObject({ verdict: "bound", receipts: 3 });
  });

  it("goes on in another process with the head of the log", async () => {
    const { chain, opening } = openChain();
    const resumed = chainFrom(chain.head, testSigner(), 50);
    const next = resumed.seal(decisionContent(), noon);
    expect(await verifyChain([opening.json, next.json])).toMatchObject({ verdict: "bound", receipts: 2 });
  });

  it("does not go on after it was closed, or under another key than its last one named", () => {
    const { chain } = openChain();
    const other = createChain({ chain: "main", signer: testSigner(2), newId: countingIds() });
    expect(() => other.resume(chain.head)).toThrow(/goes on under key/);
    expect(() => other.seal(decisionContent(), noon)).toThrow(/goes on under key/);
    chain.seal(keyContent(testSigner(2)), noon);
    expect(() => chain.seal(decisionContent(), noon)).toThrow(/goes on under key/);
    other.resume(chain.head);
    other.seal({ type: "close" }, noon);
    expect(() => other.seal(decisionContent(), noon)).toThrow(/is closed/);
  });
});

describe("a chain that goes over to another key", () => {
  it("names it in a receipt under the old key, and goes on under the new one", async () => {
    const { chain, opening } = openChain();
    chain.admit(testSigner(2));
    const handover = chain.seal(keyContent(testSigner(2)), noon);
    const after = chain.seal(decisionContent(), noon);
    expect([handover, after].map(({ receipt }) => receipt.kid)).toEqual([
      testSigner(1).kid,
      testSigner(2).kid,
    ]);
    const lines = [opening, handover, after].map(({ json }) => json);
    const report = await verifyChain(lines, { keys: [testSigner(1).publicKey] });
    expect(report, JSON.stringify(report)).toMatchObject({ verdict: "authentic", receipts: 3 });
  });

  it("goes back to the old key where the log does not have that receipt", () => {
    const { chain } = openChain();
    const durable = chain.head;
    chain.admit(testSigner(2));
    chain.seal(keyContent(testSigner(2)), noon);
    chain.resume(durable);
    expect(chain.seal(decisionContent(), noon).receipt.kid).toBe(testSigner(1).kid);
  });

  it("tells at once when the log has it under a key that it has no signer of, or closed", () => {
    const { chain } = openChain();
    const durable = chain.head;
    chain.seal(keyContent(testSigner(2)), noon);
    const elsewhere = chain.head;
    expect(() => chain.resume(elsewhere)).toThrow(/goes on under key .* give its signer/);
    chain.resume(durable);
    chain.seal({ type: "close" }, noon);
    expect(() => chain.resume(chain.head)).toThrow(/is closed/);
  });
});

describe("a local signer", () => {
  it("is named by its key's RFC 7638 thumbprint", () => {
    // RFC 8037, appendix A.3.
    const publicKey = {
      kty: "OKP",
      crv: "Ed25519",
      x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    } as const;
    expect(jwkThumbprint(publicKey)).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    const seed = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
    expect(createSigner({ seed })).toMatchObject({ publicKey, kid: jwkThumbprint(publicKey) });
  });

  it("has a new key each time unless it is given one", () => {
    expect(createSigner().kid).not.toBe(createSigner().kid);
    expect(() => createSigner({ seed: new Uint8Array(16) })).toThrow(VerificationError);
  });

  it("does not give its seed away", () => {
    expect(Object.keys(createSigner()).sort()).toEqual(["kid", "publicKey", "sign"]);
  });

  it("is not changed by what becomes of the seed's bytes", () => {
    for (const create of [createSigner, nobleSigner]) {
      const seed = new Uint8Array(32).fill(1);
      const { sign } = create({ seed });
      seed.fill(0);
      expect(sign(new Uint8Array(3))).toEqual(testSigner().sign(new Uint8Array(3)));
    }
  });
});

function nobleSigner({ seed }: { seed: Uint8Array }): ReturnType<typeof noble.createSigningKey> {
  return noble.createSigningKey(seed);
}

function fail(): never {
  throw new Error("the key is gone");
}
