import { describe, expect, it } from "vitest";
import { testSigner } from "../../test/sample-receipts.ts";
import { encodeBase64url } from "../codec/base64url.ts";
import { VerificationError } from "../errors.ts";
import {
  type EndorsementTerms,
  endorsementInput,
  readEndorsement,
  verifyEndorsement,
} from "./endorsement.ts";
import { jwkThumbprint } from "./jwk-thumbprint.ts";
import type { Endorsement, PublicJwk } from "./receipt.ts";

const [root, local, other] = [testSigner(7), testSigner(1), testSigner(2)];
const terms = { notbefore: "2025-11-20T00:00:00.000Z", notafter: "2025-11-21T00:00:00.000Z" };

function endorsed(changes: Partial<EndorsementTerms> = {}, key: PublicJwk = local.publicKey): Endorsement {
  const all = { ...terms, ...changes };
  const sig = encodeBase64url(root.sign(endorsementInput(key, all)));
  return { kid: root.kid, jwk: root.publicKey, ...all, sig };
}

describe("an endorsement", () => {
  it("is signed over the type and the canonical text of what it says", () => {
    const text =
      `{"chain":"main","jwk":{"crv":"Ed25519","kty":"OKP","x":"${local.publicKey.x}"},"kid":"${local.kid}",` +
      `"notafter":"${terms.notafter}","notbefore":"${terms.notbefore}","v":1}`;
    const type = "application/vnd.tollgate.endorsement.v1+json";
    const input = new TextDecoder().decode(endorsementInput(local.publicKey, { ...terms, chain: "main" }));
    expect(input).toBe(`DSSEv1 ${type.length} ${type} ${text.length} ${text}`);
  });

  it.each([[{}], [{ chain: "main" }], [{ notafter: terms.notbefore }]])("holds with %j", (changes) => {
    expect(verifyEndorsement(endorsed(changes), local.publicKey)).toBeUndefined();
  });

  it.each([
    ["it is of another key", endorsed({}, other.publicKey)],
    ["its end was moved", { ...endorsed(), notafter: "2026-01-01T00:00:00.000Z" }],
    ["its beginning was moved", { ...endorsed(), notbefore: "2020-01-01T00:00:00.000Z" }],
    ["its chain was added", { ...endorsed(), chain: "main" }],
    ["its chain was changed", { ...endorsed({ chain: "main" }), chain: "mail" }],
    [
      "its chain was taken away",
      { ...terms, kid: root.kid, jwk: root.publicKey, sig: endorsed({ chain: "main" }).sig },
    ],
    ["its signature was changed", { ...endorsed(), sig: endorsed({ chain: "x" }).sig }],
    ["it names another root", { ...endorsed(), kid: other.kid, jwk: other.publicKey }],
    ["its root's id is another's", { ...endorsed(), kid: other.kid }],
    ["it ends before it begins", endorsed({ notafter: "2025-11-19T00:00:00.000Z" })],
  ] as const)("does not hold when %s", (_what, endorsement) => {
    expect(() => verifyEndorsement(endorsement, local.publicKey)).toThrow(VerificationError);
  });

  it("does not hold under a root of small order", () => {
    const x = encodeBase64url(new Uint8Array(32));
    const jwk = { kty: "OKP", crv: "Ed25519", x } as const;
    const kid = jwkThumbprint(jwk);
    expect(() => verifyEndorsement({ ...endorsed(), jwk, kid }, local.publicKey)).toThrow(/acceptable/);
  });
});

describe("a file's endorsement", () => {
  it("is read as it is", () => {
    expect(readEndorsement(JSON.parse(JSON.stringify(endorsed())))).toEqual(endorsed());
  });

  it.each([
    ["nothing", null],
    ["a list", []],
    ["a member too many", { ...endorsed(), note: 1 }],
    ["a time in another form", { ...endorsed(), notafter: "2025-11-21" }],
    ["another kind of key", { ...endorsed(), jwk: { ...root.publicKey, crv: "X25519" } }],
    ["a short signature", { ...endorsed(), sig: "abc" }],
  ])("is refused when it is or has %s", (_what, value) => {
    expect(() => readEndorsement(value)).toThrow(/this is no endorsement: endorsement/);
  });
});
