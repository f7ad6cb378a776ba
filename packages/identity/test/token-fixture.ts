import {
  type ActionInput,
  createGate,
  createSigner,
  findDenial,
  type Gate,
  gateBudget,
  memoryLedger,
  memoryLog,
  type Receipt,
  type RunInput,
  type Subject,
} from "@tollgate/core";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import { verifyChain } from "@tollgate/core/verify";
import { type JwtIdentityOptions, jwtIdentity } from "@tollgate/identity";
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from "jose";
import { expect } from "vitest";

/** A key that signs tokens in a test. */
export interface TestKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** The public key, with `kid` and `alg`. */
  readonly jwk: JWK;
}

/** Makes a fresh key. */
export async function testKey(alg = "EdDSA", kid = `${alg}-key`): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

/** The time of the gate's clock when a test begins, in seconds. */
export const start: number = Date.parse("2026-03-02T10:00:00Z") / 1000;

/** Whom the gate is called in these tests. */
export const audience = "https://gate.acme.example";

/** What a good token says. */
export const goodClaims: JWTPayload = {
  sub: "finance-bot",
  aud: audience,
  iat: start,
  exp: start + 600,
  tenant: "acme",
  role: "clerk",
  capability: "data_write",
};

/** Who shows it. */
export const clerk: Subject = {
  agent: "finance-bot",
  tenant: "acme",
  role: "clerk",
  capability: "data_write",
};

/** Signs a token: a good one but for what is changed; a claim that is undefined is left out. */
export function sign(
  key: TestKey,
  claims: Readonly<Record<string, unknown>> = {},
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const payload = Object.fromEntries(
    Object.entries({ ...goodClaims, ...claims }).filter(([, value]) => value !== undefined),
  );
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey);
}

/** A token put together by hand, whatever it says. */
export function tokenOf(header: unknown, claims: unknown, signature = ""): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(claims)}.${signature}`;
}

/** A gate whose runs need tokens, on a clock that stands still. */
export interface TokenFixture {
  readonly gate: Gate;
  readonly clock: ManualClock;
  /** Asks for a tool call with this token: `allowed`, or the code and the reason of the refusal. */
  ask(credential: string | undefined, input?: RunInput, action?: ActionInput): Promise<string>;
  /** The receipts of all that was decided. */
  decisions(): Promise<readonly Receipt[]>;
}

/** Makes a gate with an identity of tokens. */
export function tokenFixture(
  options: Partial<JwtIdentityOptions>,
  more: Parameters<typeof createGate>[0] = {},
): TokenFixture {
  const clock = manualClock(start * 1000);
  const signer = createSigner();
  const log = memoryLog();
  const shown: string[] = [];
  const gate = createGate({
    clock,
    signer,
    log,
    ledger: memoryLedger({ clock }),
    identity: jwtIdentity({ audience, ...options }),
    ...more,
  });
  return {
    gate,
    clock,
    async ask(credential, input = {}, action = { kind: "tool", name: "search_web" }) {
      if (credential !== undefined) shown.push(credential);
      try {
        const permit = await gateBudget(
          gate.run({ ...input, ...(credential === undefined ? {} : { credential }) }),
          action,
        );
        await permit.settle();
        return "allowed";
      } catch (error) {
        const refusal = findDenial(error)?.refusal;
        if (refusal === undefined) throw error;
        for (const token of shown) expect(String(error)).not.toContain(token);
        return `${refusal.reasonCode}: ${refusal.reason}`;
      }
    },
    async decisions() {
      const receipts: Receipt[] = [];
      for await (const receipt of log.read()) receipts.push(receipt);
      const text = JSON.stringify(receipts);
      // No part of a token that proves anything is in a receipt, nor its claims as they were encoded.
      for (const part of shown.flatMap((token) => token.split(".")).filter((each) => each.length > 8)) {
        expect(text).not.toContain(part);
      }
      expect(await verifyChain(receipts, { keys: [signer.publicKey] })).toMatchObject({
        verdict: "authentic",
      });
      return receipts.filter(({ body }) => body.type === "decision");
    },
  };
}

/** The code, reason and subject of a decision's receipt. */
export function saidOf({ body }: Receipt): { readonly said: string; readonly subject: unknown } {
  if (body.type !== "decision") throw new Error("not a decision");
  const { code, reason } = body.decision;
  return { said: code === "allowed" ? code : `${code}: ${reason}`, subject: body.action.subject };
}
