import { describe, expect, it } from "vitest";
import { VerificationError } from "../errors.ts";
import { createPrivateJwk, signerFromJwk } from "./private-jwk.ts";

/** RFC 8037, appendix A.1. */
const published = {
  kty: "OKP",
  crv: "Ed25519",
  d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
};

describe("a private JWK", () => {
  it("is that of RFC 8037, with its thumbprint, and signs as it", () => {
    const signer = signerFromJwk(published);
    expect(signer.kid).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    expect(signer.publicKey).toEqual({ kty: "OKP", crv: "Ed25519", x: published.x });
    // RFC 8032, section 7.1, test 1.
    expect(Buffer.from(signer.sign(new Uint8Array())).toString("hex")).toBe(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    );
  });

  it("is new each time, and says which key it is", () => {
    const [one, two] = [createPrivateJwk(), createPrivateJwk()];
    expect(one.d).not.toBe(two.d);
    expect(signerFromJwk(one)).toMatchObject({ kid: one.kid, publicKey: { x: one.x } });
    expect(Object.keys(one).sort()).toEqual(["crv", "d", "kid", "kty", "x"]);
  });

  it("may have members that it need not know", () => {
    expect(signerFromJwk({ ...published, use: "sig", alg: "EdDSA" }).publicKey.x).toBe(published.x);
  });

  it.each<[string, unknown, RegExp]>([
    ["no object", "key", /is a JWK with "kty": "OKP"/],
    ["another kind of key", { ...published, kty: "EC" }, /is a JWK with "kty": "OKP"/],
    ["another curve", { ...published, crv: "X25519" }, /and "crv": "Ed25519"/],
    ["a public key", { ...published, d: undefined }, /is a public key, which cannot sign/],
    ["a short secret", { ...published, d: published.d.slice(2) }, /"d" is not 32 bytes/],
    ["a secret in another encoding", { ...published, d: `${published.d}=` }, /"d" is not 32 bytes/],
    [
      "the public half of another key",
      { ...published, x: createPrivateJwk().x },
      /"x" is not the public key/,
    ],
    ["no public half", { ...published, x: undefined }, /"x" is not the public key/],
    ["the name of another key", { ...published, kid: "key-1" }, /"kid" is not the RFC 7638 thumbprint/],
  ])("is refused with %s, and the message tells nothing of it", (_, jwk, message) => {
    const read = (): unknown => signerFromJwk(jwk);
    expect(read).toThrow(VerificationError);
    expect(read).toThrow(message);
    try {
      read();
    } catch (error) {
      expect(String(error)).not.toContain(published.d.slice(4, 12));
    }
  });
});
