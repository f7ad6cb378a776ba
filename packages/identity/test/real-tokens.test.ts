import { createHmac } from "node:crypto";
import { exportSPKI } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import {
  audience,
  clerk,
  goodClaims,
  saidOf,
  sign,
  start,
  type TestKey,
  testKey,
  tokenFixture,
  tokenOf,
} from "./token-fixture.ts";

let ed: TestKey;
let es: TestKey;
let rs: TestKey;
let stranger: TestKey;

beforeAll(async () => {
  [ed, es, rs, stranger] = await Promise.all([
    testKey("EdDSA"),
    testKey("ES256"),
    testKey("RS256"),
    testKey("EdDSA", "EdDSA-key"),
  ]);
});

describe("a token that is good", () => {
  it.each(["EdDSA", "ES256", "RS256"])(
    "of %s says who acts, by a key set and by a key alone",
    async (alg) => {
      const key = [ed, es, rs].find((each) => each.alg === alg) as TestKey;
      const { kid: _kid, alg: _alg, ...bare } = key.jwk;
      for (const keys of [
        { jwks: { keys: [ed.jwk, es.jwk, rs.jwk] } },
        { publicKey: key.jwk },
        { publicKey: bare },
        { publicKey: key.publicKey },
      ]) {
        const fixture = tokenFixture(keys);
        expect(await fixture.ask(await sign(key))).toBe("allowed");
        expect((await fixture.decisions()).map(saidOf)).toEqual([{ said: "allowed", subject: clerk }]);
      }
    },
  );

  it("may be made out to several, and be of one of several issuers", async () => {
    const { ask } = tokenFixture({
      publicKey: ed.jwk,
      audience: ["gate-2", audience],
      issuer: ["https://a.example", "https://b.example"],
      typ: "at+jwt",
    });
    const token = await sign(ed, { aud: ["other", audience], iss: "https://b.example" }, { typ: "AT+JWT" });
    expect(await ask(token)).toBe("allowed");
  });

  it("is good to the last millisecond of the tolerance, also in a run that it opened before", async () => {
    const { gate, ask, clock } = tokenFixture({ publicKey: ed.jwk, toleranceMs: 2000 });
    const token = await sign(ed);
    const run = gate.run({ credential: token });
    const decide = async (): Promise<string> =>
      (await gate.decide({ kind: "tool", name: "read" }, { run })).reason;
    expect(await decide()).toBe("no evaluator objected");
    clock.advance(601_999);
    expect(await ask(token)).toBe("allowed");
    expect(await decide()).toBe("no evaluator objected");
    clock.advance(1);
    expect(await ask(token)).toBe("identity_denied: the credential has expired");
    expect(await decide()).toBe("the credential has expired");
  });

  it("is verified once for each run, and not with each action", async () => {
    const verify = crypto.subtle.verify;
    let verified = 0;
    crypto.subtle.verify = (...args: Parameters<typeof verify>) => {
      verified += 1;
      return Reflect.apply(verify, crypto.subtle, args);
    };
    try {
      const { gate } = tokenFixture({ publicKey: ed.jwk });
      const run = gate.run({ credential: await sign(ed) });
      for (let turn = 0; turn < 20; turn++) {
        expect((await gate.decide({ kind: "tool", name: "read" }, { run: run.child() })).code).toBe(
          "allowed",
        );
      }
      expect(verified).toBe(1);
      await gate.decide({ kind: "tool", name: "read" }, { run: gate.run({ credential: await sign(ed) }) });
      expect(verified).toBe(2);
    } finally {
      crypto.subtle.verify = verify;
    }
  });
});

type Bad = readonly [what: string, token: () => string | Promise<string>, reason: string];

const unsigned = "the credential is not signed with EdDSA or ES256 or RS256";
const noToken = "the credential is no signed token";

const issuer = "https://id.acme.example";

/** A token that is good in these tests but for what is changed. */
function made(key: TestKey, claims: object = {}, header: object = {}): Promise<string> {
  return sign(key, { iss: issuer, ...claims }, { typ: "at+jwt", ...header });
}

const bad: readonly Bad[] = [
  ["has expired", () => made(ed, { exp: start - 6 }), "the credential has expired"],
  ["never expires", () => made(ed, { exp: undefined }), "the credential has no exp"],
  ["expires at no number", () => made(ed, { exp: "tomorrow" }), "the credential's exp makes no sense"],
  ["is not valid yet", () => made(ed, { nbf: start + 6 }), "the credential is not valid yet"],
  [
    "is made out to another",
    () => made(ed, { aud: "https://other.example" }),
    "the credential is made out to another audience",
  ],
  [
    "is made out to a list of others",
    () => made(ed, { aud: ["x", `${audience}/`] }),
    "the credential is made out to another audience",
  ],
  ["is made out to nobody", () => made(ed, { aud: undefined }), "the credential has no aud"],
  [
    "is of another issuer",
    () => made(ed, { iss: "https://evil.example" }),
    "the credential is of another issuer",
  ],
  ["is of no issuer", () => made(ed, { iss: undefined }), "the credential has no iss"],
  ["is of another type", () => made(ed, {}, { typ: "id+jwt" }), "the credential is of another type"],
  ["is of no type", () => made(ed, {}, { typ: undefined }), "the credential is of another type"],
  [
    "names a key that is not known",
    () => made(ed, {}, { kid: "next" }),
    "the credential is signed by a key that is not known",
  ],
  [
    "is signed by a stranger who uses a known name",
    () => made(stranger),
    "the credential's signature is wrong",
  ],
  ["has other claims than were signed", forged, "the credential's signature is wrong"],
  [
    "names the key of another algorithm",
    () => made(es, {}, { kid: ed.kid }),
    "the credential is signed by a key that is not known",
  ],
  ["says alg none", () => tokenOf({ alg: "none", typ: "at+jwt" }, signed()), unsigned],
  [
    "says alg NONE, with a signature",
    () => tokenOf({ alg: "NONE", kid: ed.kid }, signed(), "AAAA"),
    unsigned,
  ],
  ["has no alg", () => tokenOf({ kid: ed.kid }, signed(), "AAAA"), unsigned],
  ["is an HMAC keyed with the public key's bytes", () => hmac(ed.jwk.x ?? ""), unsigned],
  ["is an HMAC keyed with the public key's PEM", async () => hmac(await exportSPKI(rs.publicKey)), unsigned],
  ["is of an algorithm that is not accepted", async () => made(await testKey("ES384", "es384")), unsigned],
  [
    "brings its own key",
    () => made(stranger, {}, { jwk: stranger.jwk, jku: "https://evil.example/keys" }),
    "the credential's signature is wrong",
  ],
  [
    "has an extension that must be understood",
    () => tokenOf({ alg: "EdDSA", kid: ed.kid, crit: ["x"], x: 1 }, signed(), "AAAA"),
    "the credential has extensions that are not understood",
  ],
  [
    "has a signed extension that must be understood",
    () => made(ed, {}, { crit: ["b64"], b64: true }),
    "the credential has extensions that are not understood",
  ],
  ["is not three parts", () => "abc.def", noToken],
  ["is no token at all", () => "Bearer", noToken],
  ["has a header that is no object", () => tokenOf("EdDSA", signed()), noToken],
  [
    "has no signature",
    async () => (await made(ed)).replace(/[^.]*$/, ""),
    "the credential's signature is wrong",
  ],
  ["has a second signature", async () => `${await made(ed)}.AAAA`, noToken],
  ["says no agent", () => made(ed, { sub: undefined }), "the credential does not say which agent it is of"],
  [
    "says an agent without a name",
    () => made(ed, { sub: "" }),
    "the credential says no agent that there can be",
  ],
  [
    "says an agent of too many letters",
    () => made(ed, { sub: "a".repeat(257) }),
    "the credential says no agent that there can be",
  ],
  [
    "says a role that is no text",
    () => made(ed, { role: ["clerk", "admin"] }),
    "the credential says no role that there can be",
  ],
  [
    "says no tenant by null",
    () => made(ed, { tenant: null }),
    "the credential says no tenant that there can be",
  ],
  [
    "says a capability that there is not",
    () => made(ed, { capability: "root" }),
    "the credential says no capability that there can be",
  ],
];

function signed(): object {
  return { ...goodClaims, iss: issuer };
}

async function forged(): Promise<string> {
  const [header = "", , signature = ""] = (await made(ed)).split(".");
  return `${header}.${tokenOf({}, { ...signed(), role: "admin" }).split(".")[1]}.${signature}`;
}

function hmac(secret: string): string {
  const unsignedToken = tokenOf({ alg: "HS256", kid: ed.kid, typ: "at+jwt" }, signed()).slice(0, -1);
  return `${unsignedToken}.${createHmac("sha256", secret).update(unsignedToken).digest("base64url")}`;
}

describe("a token is refused, with a receipt that says why, when it", () => {
  it.each(bad)("%s", async (_what, token, reason) => {
    const { ask, decisions } = tokenFixture({
      jwks: { keys: [ed.jwk, es.jwk, rs.jwk] },
      issuer,
      typ: "at+jwt",
    });
    expect(await ask(await made(ed))).toBe("allowed");
    expect(await ask(await token())).toBe(`identity_denied: ${reason}`);
    expect((await decisions()).map(saidOf)).toEqual([
      { said: "allowed", subject: clerk },
      { said: `identity_denied: ${reason}`, subject: {} },
    ]);
  });

  it("is one of several keys', and does not say which", async () => {
    const second = await testKey("EdDSA", "second");
    const { ask } = tokenFixture({ jwks: { keys: [ed.jwk, second.jwk] } });
    expect(await ask(await sign(ed, {}, { kid: undefined as never }))).toBe(
      "identity_denied: the credential does not say which of several keys it is signed by",
    );
  });

  it("names another key than the only one", async () => {
    const { ask } = tokenFixture({ publicKey: ed.jwk });
    expect(await ask(await sign(ed, {}, { kid: "next" }))).toBe(
      "identity_denied: the credential is signed by a key that is not known",
    );
  });

  it("is of another algorithm than the only key", async () => {
    for (const publicKey of [ed.jwk, ed.publicKey]) {
      const { ask } = tokenFixture({ publicKey });
      expect(await ask(await sign(es))).toBe("identity_denied: the credential is not signed with EdDSA");
    }
  });

  it("is not there", async () => {
    const { ask, decisions } = tokenFixture({ publicKey: ed.jwk });
    expect(await ask(undefined, { agent: "finance-bot" })).toBe("identity_denied: no credential was shown");
    expect((await decisions()).map(saidOf)).toEqual([
      { said: "identity_denied: no credential was shown", subject: { agent: "finance-bot" } },
    ]);
  });
});
