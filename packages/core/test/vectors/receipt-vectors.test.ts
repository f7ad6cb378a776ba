import { expect, it } from "vitest";
import { createVerifier } from "#ed25519";
import { decodeBase64url } from "../../src/codec/base64url.ts";
import { canonicalJson } from "../../src/codec/canonical-json.ts";
import { signingInput } from "../../src/codec/signing-input.ts";
import { jwkThumbprint, publicKeyBytes } from "../../src/receipt/jwk-thumbprint.ts";
import { type PublicJwk, receiptPayloadType } from "../../src/receipt/receipt.ts";
import { readReceiptText } from "../../src/receipt/receipt-text.ts";
import { type Check, readVectors, runVectors } from "./read-vectors.ts";
import { signLine, vectorSigner } from "./signed-line.ts";

const receipt: Check = ({ line, hex }, group) => {
  const jwk = group.jwk as PublicJwk;
  const text = readReceiptText(
    hex === undefined ? (line as string) : new Uint8Array(Buffer.from(hex as string, "hex")),
  );
  if ("reason" in text) return text.reason;
  const { body, kid, sig } = text.receipt;
  if (kid !== group.kid) return "unknown_key";
  if (body.type === "key" && !isUsable(body.jwk, body.kid)) return "bad_key";
  return isSigned(jwk, sig, canonicalJson(body, "receipt")) ? "valid" : "bad_signature";
};

function isUsable(jwk: PublicJwk, kid: string): boolean {
  try {
    createVerifier(publicKeyBytes(jwk));
    return jwkThumbprint(jwk) === kid;
  } catch {
    return false;
  }
}

function isSigned(jwk: PublicJwk, sig: string, bodyJson: string): boolean {
  try {
    return createVerifier(publicKeyBytes(jwk))(
      decodeBase64url(sig),
      signingInput(receiptPayloadType, bodyJson),
    );
  } catch {
    return false;
  }
}

it("the published vectors of receipts hold", async () => {
  await runVectors("receipts", { Receipt: receipt });
});

it("whoever has the published seed signs the same receipts", () => {
  let count = 0;
  for (const { seed, tests } of readVectors("receipts").testGroups) {
    const signer = vectorSigner(Number.parseInt((seed as string).slice(0, 2), 16));
    for (const { line, result } of tests) {
      if (result !== "valid") continue;
      expect(signLine(JSON.parse(line as string).body, signer)).toBe(line);
      count += 1;
    }
  }
  expect(count).toBeGreaterThan(20);
});
