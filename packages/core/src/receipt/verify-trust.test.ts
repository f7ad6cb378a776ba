import { describe, expect, it } from "vitest";
import { endorsedBy, type Members, rootSigner, TestChain } from "../../test/sample-log.ts";
import { noon, testSigner } from "../../test/sample-receipts.ts";
import { InvalidConfig, VerificationError } from "../errors.ts";
import { verifyChain } from "./verify-chain.ts";
import type { VerifyOptions } from "./verify-options.ts";

const [root, first, second, third] = [rootSigner(), testSigner(1), testSigner(2), testSigner(3)];
const byRoot: VerifyOptions = { keys: [root.publicKey] };
const stop: Members = { type: "stop", run: "run-1", reason: "enough" };

/** The time of the samples' n-th second. */
function at(second: number): string {
  return new Date(noon + second * 1000).toISOString();
}

/** What stands in the way of a chain, in short: its reason and sequence number; the verdict when nothing does. */
async function outcome(chain: TestChain, options: VerifyOptions = byRoot): Promise<string> {
  const report = await verifyChain(chain.lines, options);
  return report.break === null ? report.verdict : `${report.break.reason} at ${report.break.seq}`;
}

function endorsed(changes: Parameters<typeof endorsedBy>[2] = {}): TestChain {
  const chain = new TestChain("main", first, 0, { endorsement: endorsedBy(root, first, changes) });
  chain.add(stop);
  chain.add(stop);
  return chain;
}

describe("a key that a trusted root endorsed", () => {
  it("signs in its time and chain", async () => {
    expect(await outcome(endorsed())).toBe("authentic");
    expect(await outcome(endorsed({ chain: "main" }))).toBe("authentic");
    expect(await outcome(endorsed({ notbefore: at(0), notafter: at(2) }))).toBe("authentic");
  });

  it("does not sign out of its time", async () => {
    expect(await outcome(endorsed({ notafter: at(1) }))).toBe("expired_key at 2");
    expect(await outcome(endorsed({ notbefore: at(1) }))).toBe("expired_key at 0");
  });

  it("does not sign another chain", async () => {
    expect(await outcome(endorsed({ chain: "other" }))).toBe("bad_endorsement at 0");
    expect(await outcome(endorsed({ chain: "other" }), {})).toBe("bad_endorsement at 0");
  });

  it("is nobody's when the root is not trusted", async () => {
    expect(await outcome(endorsed(), { keys: [second.publicKey] })).toBe("untrusted_key at 0");
    expect(await outcome(endorsed(), { keys: [] })).toBe("untrusted_key at 0");
  });

  it("is not bounded for who trusts it by itself, or nobody", async () => {
    expect(await outcome(endorsed({ notafter: at(1) }), { keys: [first.publicKey] })).toBe("authentic");
    expect(await outcome(endorsed({ notafter: at(1) }), {})).toBe("bound");
  });

  it.each([
    ["of another key", endorsedBy(root, second)],
    ["that was changed", { ...endorsedBy(root, first), notafter: "2030-01-01T00:00:00.000Z" }],
    ["in another root's name", { ...endorsedBy(second, first), kid: root.kid }],
    [
      "by another root with this one's key",
      { ...endorsedBy(second, first), kid: root.kid, jwk: root.publicKey },
    ],
  ])("does not have an endorsement %s", async (_what, endorsement) => {
    const chain = new TestChain("main", first, 0, { endorsement });
    expect(await outcome(chain)).toBe("bad_endorsement at 0");
    expect(await outcome(chain, { keys: [first.publicKey] })).toBe("bad_endorsement at 0");
    expect(await outcome(chain, {})).toBe("bad_endorsement at 0");
  });
});

describe("a key that the chain was handed over to", () => {
  function rotated(members: Members = {}, opening: Members = {}): TestChain {
    const chain = new TestChain("main", first, 0, opening);
    chain.rotate(second, members);
    chain.add(stop);
    chain.add(stop);
    return chain;
  }

  it("is trusted as the one before it", async () => {
    expect(await outcome(rotated(), { keys: [first.publicKey] })).toBe("authentic");
    expect(await outcome(rotated(), { keys: [second.publicKey] })).toBe("untrusted_key at 0");
  });

  it("is bounded as the one before it", async () => {
    const opening = { endorsement: endorsedBy(root, first, { notafter: at(2) }) };
    expect(await outcome(rotated({}, opening))).toBe("expired_key at 3");
  });

  it("goes by its own endorsement where it brings one of a trusted root", async () => {
    const opening = { endorsement: endorsedBy(root, first, { notafter: at(1) }) };
    expect(await outcome(rotated({ endorsement: endorsedBy(root, second) }, opening))).toBe("authentic");
    const short = { endorsement: endorsedBy(root, second, { notafter: at(2) }) };
    expect(await outcome(rotated(short, opening))).toBe("expired_key at 3");
    expect(await outcome(rotated(short), { keys: [first.publicKey, root.publicKey] })).toBe(
      "expired_key at 3",
    );
    const strangers = { endorsement: endorsedBy(third, second) };
    expect(await outcome(rotated(strangers, opening))).toBe("expired_key at 2");
  });

  it("is not bounded when it is trusted by itself", async () => {
    const opening = { endorsement: endorsedBy(root, first, { notafter: at(1) }) };
    expect(await outcome(rotated({}, opening), { keys: [root.publicKey, second.publicKey] })).toBe(
      "authentic",
    );
  });

  it("takes over from a key that has run out only where a trusted root vouches for it at that time", async () => {
    const opening = { endorsement: endorsedBy(root, first, { notafter: at(0) }) };
    const outcomeWith = (named: Parameters<typeof rotated>[0]) => outcome(rotated(named, opening));
    expect(await outcomeWith({ endorsement: endorsedBy(root, second) })).toBe("authentic");
    expect(await outcomeWith({})).toBe("expired_key at 1");
    expect(await outcomeWith({ endorsement: endorsedBy(third, second) })).toBe("expired_key at 1");
    const early = endorsedBy(root, second, { notafter: at(0) });
    expect(await outcomeWith({ endorsement: early })).toBe("expired_key at 1");
  });

  it("does not bring a false endorsement", async () => {
    expect(
      await outcome(rotated({ endorsement: endorsedBy(root, third) }), { keys: [first.publicKey] }),
    ).toBe("bad_endorsement at 1");
  });
});

describe("a revoked key", () => {
  const chain = new TestChain("main", first);
  chain.add(stop);
  chain.add(stop);

  it("signs nothing from then on", async () => {
    const keys = [first.publicKey];
    expect(await outcome(chain, { keys, revoked: [{ kid: first.kid }] })).toBe("revoked_key at 0");
    expect(await outcome(chain, { revoked: [{ kid: first.kid }] })).toBe("revoked_key at 0");
    expect(await outcome(chain, { keys, revoked: [{ kid: first.kid, since: at(2) }] })).toBe(
      "revoked_key at 2",
    );
    expect(await outcome(chain, { keys, revoked: [{ kid: first.kid, since: at(3) }] })).toBe("authentic");
    expect(await outcome(chain, { keys, revoked: [{ kid: second.kid }] })).toBe("authentic");
  });

  it("is revoked from the earliest of several times, whatever their zone", async () => {
    const revoked = [
      { kid: first.kid, since: at(2) },
      { kid: first.kid, since: "2025-11-20T14:00:01+02:00" },
    ];
    expect(await outcome(chain, { revoked })).toBe("revoked_key at 1");
    expect(await outcome(chain, { revoked: revoked.toReversed() })).toBe("revoked_key at 1");
    expect(await outcome(chain, { revoked: [...revoked, { kid: first.kid }] })).toBe("revoked_key at 0");
  });

  it("no longer vouches for what it endorsed", async () => {
    const since = at(1);
    expect(await outcome(endorsed(), { ...byRoot, revoked: [{ kid: root.kid }] })).toBe("revoked_key at 0");
    expect(await outcome(endorsed(), { ...byRoot, revoked: [{ kid: root.kid, since }] })).toBe(
      "revoked_key at 1",
    );
    const both = [root.publicKey, first.publicKey];
    expect(await outcome(endorsed(), { keys: both, revoked: [{ kid: root.kid }] })).toBe("authentic");
  });

  it("no longer vouches for what a key that it endorsed handed over to", async () => {
    const handed = new TestChain("main", first, 0, { endorsement: endorsedBy(root, first) });
    handed.rotate(second);
    handed.add(stop);
    expect(await outcome(handed, { ...byRoot, revoked: [{ kid: root.kid, since: at(2) }] })).toBe(
      "revoked_key at 2",
    );
    expect(await outcome(handed, { ...byRoot, revoked: [{ kid: first.kid, since: at(2) }] })).toBe(
      "authentic",
    );
  });

  it("no longer hands over to a key of another root", async () => {
    const handed = new TestChain("main", first, 0, { endorsement: endorsedBy(root, first) });
    handed.rotate(second, { endorsement: endorsedBy(third, second) });
    const keys = [root.publicKey, third.publicKey];
    expect(await outcome(handed, { keys })).toBe("authentic");
    expect(await outcome(handed, { keys, revoked: [{ kid: root.kid, since: at(1) }] })).toBe(
      "revoked_key at 1",
    );
  });

  it("endorses no key that a chain goes over to", async () => {
    const handed = new TestChain("main", first);
    handed.rotate(second, { endorsement: endorsedBy(root, second) });
    const keys = [first.publicKey, root.publicKey];
    expect(await outcome(handed, { keys })).toBe("authentic");
    expect(await outcome(handed, { keys, revoked: [{ kid: root.kid }] })).toBe("revoked_key at 1");
  });
});

describe("options that make no sense", () => {
  it.each([
    ["a time without a zone", { revoked: [{ kid: "k", since: "2025-11-20T12:00:00" }] }, InvalidConfig],
    ["a time that is none", { revoked: [{ kid: "k", since: "yesterday" }] }, InvalidConfig],
    ["a negative tolerance", { timeToleranceMs: -1 }, InvalidConfig],
    ["a tolerance that is none", { timeToleranceMs: Number.NaN }, InvalidConfig],
    ["a key of another kind", { keys: [{ kty: "OKP", crv: "X25519", x: "" } as never] }, VerificationError],
    ["a short key", { keys: [{ kty: "OKP", crv: "Ed25519", x: "AAAA" } as const] }, VerificationError],
  ])("are refused: %s", async (_what, options, error) => {
    await expect(verifyChain(endorsed().lines, options)).rejects.toThrow(error);
  });
});
