import { generateKeyPairSync } from "node:crypto";
import { InvalidConfig } from "@tollgate/core";
import { type JwtIdentityOptions, jwtIdentity } from "@tollgate/identity";
import type { JWK } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { audience, sign, type TestKey, testKey, tokenFixture } from "./token-fixture.ts";

let ed: TestKey;
let es: TestKey;
let rs: TestKey;

beforeAll(async () => {
  [ed, es, rs] = await Promise.all([testKey("EdDSA"), testKey("ES256"), testKey("RS256")]);
});

const refuses = (options: Readonly<Record<string, unknown>>, field: string, problem: RegExp): void =>
  expect(() => jwtIdentity({ audience, ...options } as JwtIdentityOptions)).toThrow(
    expect.objectContaining({ constructor: InvalidConfig, field, message: expect.stringMatching(problem) }),
  );

describe("keys that verify tokens", () => {
  const odd: readonly [string, () => object, RegExp][] = [
    ["private", () => ({ ...ed.jwk, d: ed.jwk.x }), /private or shared/],
    ["shared", () => ({ kty: "oct", k: "AAAA" }), /private or shared/],
    ["cut", () => ({ ...ed.jwk, x: ed.jwk.x?.slice(4) }), /no whole Ed25519/],
    ["a half", () => ({ ...es.jwk, y: undefined }), /no whole P-256/],
    ["without an exponent", () => ({ ...rs.jwk, e: "" }), /exponent/],
    ["weak", () => weakRsa().export({ format: "jwk" }), /fewer than 2048 bits/],
    ["weak, and padded with zeros", () => padded(weakRsa().export({ format: "jwk" })), /fewer than 2048/],
  ];

  it.each(odd)("are not %s", (_what, key, problem) => {
    refuses({ publicKey: key() }, "publicKey", problem);
    refuses({ jwks: { keys: [ed.jwk, key()] } }, "jwks.keys[1]", problem);
  });

  it("are not weak as a CryptoKey either", async () => {
    const spki = weakRsa().export({ format: "der", type: "spki" });
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    refuses(
      { publicKey: await crypto.subtle.importKey("spki", spki, algorithm, true, ["verify"]) },
      "publicKey",
      /fewer than 2048 bits/,
    );
  });

  it("are not for anything else", async () => {
    const publicKey = await crypto.subtle.importKey("jwk", { ...ed.jwk, ext: true }, "Ed25519", true, []);
    refuses({ publicKey }, "publicKey", /is not for verifying/);
  });

  it("of other sorts may stand beside them in a set", async () => {
    const other = await testKey("ES384");
    const { ask } = tokenFixture({ jwks: { keys: [other.jwk, rs.jwk, es.jwk, ed.jwk] } });
    for (const key of [rs, es, ed]) expect(await ask(await sign(key))).toBe("allowed");
    expect(await ask(await sign(other))).toMatch(/is not signed with/);
  });
});

function weakRsa() {
  return generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
}

/** A modulus that is long, and worth no more. */
function padded(key: object): JWK {
  const { n = "" } = key as JWK;
  const long = Buffer.concat([Buffer.alloc(200), Buffer.from(n, "base64url")]);
  return { ...key, n: long.toString("base64url") } as JWK;
}
