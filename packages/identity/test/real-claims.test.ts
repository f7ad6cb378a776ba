import { InvalidConfig, type Subject } from "@tollgate/core";
import { capabilityTiers, roleTools } from "@tollgate/core/evaluators";
import { type ClaimSources, jwtIdentity, type SpiffeOptions } from "@tollgate/identity";
import { beforeAll, describe, expect, it } from "vitest";
import { audience, clerk, saidOf, sign, type TestKey, testKey, tokenFixture } from "./token-fixture.ts";

let key: TestKey;
let es: TestKey;

beforeAll(async () => {
  [key, es] = await Promise.all([testKey("EdDSA"), testKey("ES256")]);
});

describe("what a caller claims beyond its token", () => {
  it.each<[Subject, string]>([
    [{ tenant: "rival" }, 'tenant "rival"'],
    [{ role: "admin" }, 'role "admin"'],
    [{ agent: "boss" }, 'agent "boss"'],
    [{ capability: "payment_execute" }, 'capability "payment_execute"'],
    [{ user: "alice" }, 'user "alice"'],
  ])("is refused: %o", async (claims, problem) => {
    const { ask, decisions } = tokenFixture({ publicKey: key.jwk });
    const said = `identity_denied: the credential of agent "finance-bot" does not cover ${problem}`;
    expect(await ask(await sign(key), claims)).toBe(said);
    expect((await decisions()).map(saidOf)).toEqual([{ said, subject: claims }]);
  });

  it("is not what it may fill in: its session, and the user where that is allowed", async () => {
    const { ask, decisions } = tokenFixture({ publicKey: key.jwk, callerFills: ["user", "session"] });
    expect(await ask(await sign(key), { user: "alice", session: "s" })).toBe("allowed");
    expect(await ask(await sign(key, { user: "bob" }), { user: "alice" })).toMatch(
      /does not cover user "alice"/,
    );
    expect((await decisions()).map(saidOf)[0]?.subject).toEqual({ ...clerk, user: "alice", session: "s" });
    expect(await tokenFixture({ publicKey: key.jwk }).ask(await sign(key), { session: "s" })).toBe("allowed");
  });
});

describe("the claims of a token", () => {
  it("are found by name or by a function, or are not looked at", async () => {
    const claims: ClaimSources = {
      agent: ({ act }) => (act as { sub?: string } | undefined)?.sub,
      user: "sub",
      tenant: "https://acme.example/org",
      role: ({ roles }) => (Array.isArray(roles) && roles.includes("clerk") ? "clerk" : undefined),
      capability: null,
    };
    const { ask, decisions } = tokenFixture({ publicKey: key.jwk, claims });
    const token = await sign(key, {
      sub: "alice",
      act: { sub: "finance-bot" },
      "https://acme.example/org": "acme",
      roles: ["reader", "clerk"],
      tenant: "not this one",
    });
    expect(await ask(token)).toBe("allowed");
    expect(await ask(await sign(key))).toBe(
      "identity_denied: the credential does not say which agent it is of",
    );
    expect((await decisions()).map(saidOf)[0]?.subject).toEqual({
      agent: "finance-bot",
      user: "alice",
      tenant: "acme",
      role: "clerk",
    });
  });

  it("fail closed, as unavailable, when what finds them throws", async () => {
    const role = (): never => {
      throw new Error("a bug");
    };
    const { ask } = tokenFixture({ publicKey: key.jwk, claims: { role } });
    expect(await ask(await sign(key))).toBe("identity_failed: the identity could not be verified");
  });

  it("are not those of every object", async () => {
    const { ask } = tokenFixture({ publicKey: key.jwk, claims: { role: "constructor" } });
    expect(await ask(await sign(key))).toBe("allowed");
  });
});

describe("a role or a capability from a token", () => {
  it("decides which tools may be called", async () => {
    const evaluators = [roleTools({ clerk: ["search_*"] })];
    const { ask } = tokenFixture({ publicKey: key.jwk }, { evaluators });
    const call = async (name: string, claims: object = {}): Promise<string> =>
      ask(await sign(key, claims as never), {}, { kind: "tool", name });
    expect(await call("search_web")).toBe("allowed");
    expect(await call("pay")).toBe('policy_denied: tool "pay" is not one of those of role "clerk"');
    expect(await call("search_web", { role: "guest" })).toMatch(/^policy_denied: .*role "guest"/);
    expect(await call("search_web", { role: undefined })).toMatch(
      /^policy_denied: .*subject.role is missing/,
    );
  });

  it("decides which tier is granted, and a caller may only lower it", async () => {
    const evaluators = [capabilityTiers({ tools: { pay: "payment_execute", "*": "data_write" } })];
    const { ask } = tokenFixture({ publicKey: key.jwk }, { evaluators });
    expect(await ask(await sign(key))).toBe("allowed");
    expect(await ask(await sign(key), {}, { kind: "tool", name: "pay" })).toMatch(/^policy_denied: /);
    expect(await ask(await sign(key), { capability: "read_only" })).toMatch(
      /^policy_denied: .*has read_only/,
    );
    expect(await ask(await sign(key), { capability: "payment_execute" })).toMatch(/^identity_denied: /);
  });
});

describe("a JWT-SVID", () => {
  const spiffe: SpiffeOptions = { trustDomain: "acme.example", path: "/ns/:tenant/sa/:agent" };
  const svid = (sub: string, header: object = {}): Promise<string> =>
    sign(es, { sub, tenant: undefined, iat: undefined }, header);

  it("says the agent by its SPIFFE ID, or more by the ID's path", async () => {
    const bundle = {
      keys: [
        { ...es.jwk, use: "jwt-svid" },
        { ...es.jwk, use: "x509-svid" },
      ],
    };
    const id = "spiffe://acme.example/ns/prod/sa/finance-bot";
    const whole = tokenFixture({ jwks: bundle, spiffe: { trustDomain: "acme.example" } });
    const mapped = tokenFixture({
      jwks: bundle,
      spiffe: { ...spiffe, trustDomain: ["other.example", "acme.example"] },
    });
    expect(await whole.ask(await svid(id, { typ: "JWT" }))).toBe("allowed");
    expect(await mapped.ask(await svid(id))).toBe("allowed");
    const { tenant: _, ...rest } = clerk;
    expect((await whole.decisions()).map(saidOf)[0]?.subject).toEqual({ ...rest, agent: id });
    expect((await mapped.decisions()).map(saidOf)[0]?.subject).toEqual({
      ...rest,
      agent: "finance-bot",
      tenant: "prod",
    });
  });

  const noId = "identity_denied: the credential's subject is not the SPIFFE ID of a workload";
  const otherPath = "identity_denied: the path of the credential's SPIFFE ID is another";

  it.each([
    ["finance-bot", noId],
    ["https://acme.example/ns/prod/sa/bot", noId],
    ["SPIFFE://acme.example/ns/prod/sa/bot", noId],
    ["spiffe://acme.example", noId],
    ["spiffe://acme.example/", noId],
    ["spiffe://acme.example/ns/prod/sa/bot/", noId],
    ["spiffe://acme.example/ns//sa/bot", noId],
    ["spiffe://acme.example/ns/../sa/bot", noId],
    ["spiffe://acme.example/ns/%70rod/sa/bot", noId],
    ["spiffe://acme.example/ns/prod/sa/bot?x", noId],
    ["spiffe://acme.example:443/ns/prod/sa/bot", noId],
    ["spiffe://u@acme.example/ns/prod/sa/bot", noId],
    ["spiffe://ACME.example/ns/prod/sa/bot", noId],
    ["spiffe://evil.example/ns/prod/sa/bot", "identity_denied: the credential is of another trust domain"],
    [
      "spiffe://acme.example.evil/ns/prod/sa/bot",
      "identity_denied: the credential is of another trust domain",
    ],
    ["spiffe://acme.example/ns/prod", otherPath],
    ["spiffe://acme.example/ns/prod/sa/bot/more", otherPath],
    ["spiffe://acme.example/tenant/prod/sa/bot", otherPath],
  ])("is refused of %s", async (sub, said) => {
    const { ask } = tokenFixture({ publicKey: es.jwk, spiffe });
    expect(await ask(await svid(sub))).toBe(said);
  });

  it("is refused with a header or a signature that JWT-SVIDs do not have, or made out to nobody", async () => {
    const { ask } = tokenFixture({ jwks: { keys: [es.jwk, key.jwk] }, spiffe });
    const id = "spiffe://acme.example/ns/prod/sa/bot";
    const header = "identity_denied: the credential's header is not that of a JWT-SVID";
    expect(await ask(await svid(id, { typ: "at+jwt" }))).toBe(header);
    expect(await ask(await svid(id, { cty: "x" }))).toBe(header);
    expect(await ask(await sign(key, { sub: id }))).toBe(
      "identity_denied: the credential is not signed with ES256 or RS256",
    );
    expect(await ask(await sign(es, { sub: id, aud: undefined }))).toBe(
      "identity_denied: the credential has no aud",
    );
  });
});

describe("options that make no sense", () => {
  it.each<[string, object]>([
    ["audience", { audience: undefined }],
    ["audience", { audience: [] }],
    ["audience", { audience: "" }],
    ["issuer", { issuer: [1] }],
    ["jwks", { publicKey: undefined }],
    ["jwks", { jwks: { keys: [] }, publicKey: undefined }],
    ["jwks", { jwks: { keys: [{ kty: "OKP" }] } }],
    ["jwks", { jwks: "http://id.acme.example/keys", publicKey: undefined }],
    ["jwks", { jwks: "ftp://127.0.0.1/keys", publicKey: undefined }],
    ["jwks", { jwks: "https://user:secret@id.acme.example/keys", publicKey: undefined }],
    ["jwks", { jwks: "keys", publicKey: undefined }],
    ["jwks.keys[0]", { jwks: { keys: [{ kty: "oct", k: "c2VjcmV0" }] }, publicKey: undefined }],
    ["publicKey", { publicKey: { kty: "OKP", crv: "Ed25519", x: "AA", d: "AA" } }],
    ["publicKey", { publicKey: { kty: "OKP", crv: "X25519", x: "AA" } }],
    ["publicKey", { publicKey: "-----BEGIN PUBLIC KEY-----" }],
    ["publicKey", { algorithms: ["RS256"] }],
    ["algorithms", { algorithms: ["HS256"] }],
    ["algorithms", { algorithms: ["none"] }],
    ["algorithms", { algorithms: [] }],
    ["algorithms", { spiffe: { trustDomain: "a" }, algorithms: ["EdDSA"] }],
    ["typ", { typ: "" }],
    ["toleranceMs", { toleranceMs: -1 }],
    ["toleranceMs", { toleranceMs: 86_400_000 }],
    ["requireJti", { requireJti: "yes" }],
    ["replays", { replays: { use: () => true } }],
    ["revoked", { revoked: [] }],
    ["callerFills", { callerFills: ["role"] }],
    ["claims.agents", { claims: { agents: "sub" } }],
    ["claims.role", { claims: { role: 1 } }],
    ["spiffe.trustDomain", { spiffe: { trustDomain: "spiffe://acme.example" } }],
    ["spiffe.trustDomain", { spiffe: {} }],
    ["spiffe.path", { spiffe: { trustDomain: "a", path: "ns/:agent" } }],
    ["spiffe.path", { spiffe: { trustDomain: "a", path: "/:capability" } }],
    ["spiffe.path", { spiffe: { trustDomain: "a", path: "/:agent/:agent" } }],
    [
      "remote",
      { jwks: { keys: [{ kty: "OKP", crv: "Ed25519", x: "AA" }] }, publicKey: undefined, remote: {} },
    ],
    ["remote.timeoutMs", { jwks: "https://a.example", publicKey: undefined, remote: { timeoutMs: 0 } }],
    ["audiences", { audiences: "x" }],
  ])("are refused by name: %s", (field, options) => {
    const make = (): unknown =>
      jwtIdentity({ audience, publicKey: "spiffe" in options ? es.jwk : key.jwk, ...options } as never);
    expect(make).toThrow(InvalidConfig);
    try {
      make();
    } catch (error) {
      expect((error as InvalidConfig).field).toBe(field);
      expect(String(error)).not.toContain("secret");
    }
  });

  it("do not include good ones", () => {
    expect(() => jwtIdentity({ audience, jwks: "http://localhost:1/keys" })).not.toThrow();
    expect(() => jwtIdentity({ audience, jwks: new URL("https://id.acme.example/keys") })).not.toThrow();
  });
});
