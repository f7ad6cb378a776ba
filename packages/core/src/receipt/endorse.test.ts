import { describe, expect, it } from "vitest";
import { countingIds, decisionContent, noon, testSigner } from "../../test/sample-receipts.ts";
import { InvalidConfig, VerificationError } from "../errors.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { createChain, keyContent } from "./chain.ts";
import { type EndorseOptions, endorse, withEndorsement } from "./endorse.ts";
import { verifyEndorsement } from "./endorsement.ts";
import type { PublicJwk } from "./receipt.ts";
import type { RootSigner } from "./root-signer.ts";
import { SigningFailed } from "./sign-body.ts";
import type { Signer } from "./signer.ts";

const root = testSigner(9);
const local = testSigner(1);
const hour = 60 * 60 * 1000;
const clock = manualClock(noon);

/** A root as it is in a key management service. */
function remote(sign: (bytes: Uint8Array) => unknown): RootSigner {
  return { publicKey: root.publicKey, sign: async (bytes) => sign(bytes) as Uint8Array };
}

async function endorsed(signer: Signer, options: Partial<EndorseOptions> = {}): Promise<Signer> {
  return withEndorsement(signer, await endorse(root, signer, { ttlMs: hour, clock, ...options }));
}

describe("endorsing a key", () => {
  it("needs its public half only, of a root that may be far away", async () => {
    const far = remote((bytes) => root.sign(bytes));
    const endorsement = await endorse(far, { publicKey: local.publicKey }, { ttlMs: hour, clock });
    expect(endorsement).toMatchObject({
      kid: root.kid,
      jwk: root.publicKey,
      notbefore: "2025-11-20T12:00:00.000Z",
      notafter: "2025-11-20T13:00:00.000Z",
    });
    expect(endorsement).not.toHaveProperty("chain");
    expect(() => verifyEndorsement(endorsement, local.publicKey)).not.toThrow();
    expect(() => verifyEndorsement(endorsement, testSigner(2).publicKey)).toThrow(VerificationError);
  });

  it("can begin at another time and be for one chain", async () => {
    const options = { ttlMs: hour, notBefore: noon - hour, chain: "main" };
    const endorsement = await endorse(root, local, options);
    expect(endorsement).toMatchObject({
      notbefore: "2025-11-20T11:00:00.000Z",
      notafter: "2025-11-20T12:00:00.000Z",
      chain: "main",
    });
    expect(() => verifyEndorsement(endorsement, local.publicKey)).not.toThrow();
  });

  it("takes nothing of the public key but what makes it one", async () => {
    const publicKey = { ...local.publicKey, kid: "mine", d: "secret" } as PublicJwk;
    const endorsement = await endorse(
      remote((bytes) => root.sign(bytes)),
      { publicKey },
      { ttlMs: 1, clock },
    );
    expect(() => verifyEndorsement(endorsement, local.publicKey)).not.toThrow();
  });

  it.each<[string, (bytes: Uint8Array) => unknown]>([
    ["signs something else", () => root.sign(new Uint8Array(32))],
    ["signs under another key", (bytes) => testSigner(8).sign(bytes)],
    ["encodes its signature", (bytes) => Buffer.from(root.sign(bytes)).toString("base64")],
    ["answers nothing", () => undefined],
    ["fails", () => Promise.reject(new Error("AccessDenied"))],
  ])("fails when the root %s, rather than leave it to a verifier to notice", async (what, sign) => {
    const endorsing = endorse(remote(sign), local, { ttlMs: hour, clock });
    await expect(endorsing).rejects.toThrow(SigningFailed);
    if (what === "fails") await expect(endorsing).rejects.toThrow(/did not endorse: AccessDenied/);
  });

  it.each([
    [{ ttlMs: 0 }, "ttlMs"],
    [{ ttlMs: 1.5 }, "ttlMs"],
    [{ ttlMs: Number.MAX_SAFE_INTEGER }, "ttlMs"],
    [{ ttlMs: hour, notBefore: -1 }, "notBefore"],
    [{ ttlMs: hour, chain: "" }, "chain"],
  ])("refuses %j", async (options, field) => {
    const endorsing = endorse(root, local, { clock, ...options });
    await expect(endorsing).rejects.toThrow(InvalidConfig);
    await expect(endorsing).rejects.toMatchObject({ field });
  });
});

describe("a signer with an endorsement", () => {
  it("has one of its own key only", async () => {
    const endorsement = await endorse(root, local, { ttlMs: hour, clock });
    expect(() => withEndorsement(testSigner(2), endorsement)).toThrow(VerificationError);
    const changed = { ...endorsement, notafter: "2099-11-20T13:00:00.000Z" };
    expect(() => withEndorsement(local, changed)).toThrow(VerificationError);
  });

  it("has it in the key receipt, and signs to the last millisecond of its time", async () => {
    const signer = await endorsed(local, { chain: "main" });
    const chain = createChain({ chain: "main", signer, newId: countingIds() });
    const opening = chain.seal(keyContent(signer), noon);
    expect(opening.receipt.body).toMatchObject({ endorsement: signer.endorsement });
    chain.seal(decisionContent(), noon + hour);
    const { head } = chain;
    expect(() => chain.seal(decisionContent(), noon + hour + 1)).toThrow(SigningFailed);
    expect(() => chain.seal(decisionContent(), noon + hour + 1)).toThrow(
      /endorsed from .* to .*13:00:00.000Z only/,
    );
    expect(() => chain.seal({ type: "close" }, noon + hour + 1)).toThrow(SigningFailed);
    expect(chain.head).toEqual(head);
  });

  it("signs nothing before its time, and no other chain", async () => {
    const ready = await endorsed(local);
    const early = createChain({ chain: "main", signer: ready, newId: countingIds() });
    expect(() => early.seal(keyContent(ready), noon - 1)).toThrow(/endorsed from/);
    const signer = await endorsed(local, { chain: "other" });
    const chain = createChain({ chain: "main", signer, newId: countingIds() });
    expect(() => chain.seal(keyContent(signer), noon)).toThrow(/endorsed for chain "other" only/);
  });

  it("hands over only to a key that is endorsed too, also when its own time is over", async () => {
    const signer = await endorsed(local);
    const chain = createChain({ chain: "main", signer, newId: countingIds() });
    chain.seal(keyContent(signer), noon);
    expect(() => chain.seal(keyContent(testSigner(2)), noon)).toThrow(/have the one .* endorsed, too/);
    const next = await endorsed(testSigner(2), { notBefore: noon + 5 * hour });
    chain.admit(next);
    expect(() => chain.seal(keyContent(next), noon + hour)).toThrow(/endorsed from .*17:00:00.000Z/);
    chain.seal(keyContent(next), noon + 5 * hour);
    expect(chain.seal(decisionContent(), noon + 6 * hour).receipt.kid).toBe(next.kid);
  });
});
