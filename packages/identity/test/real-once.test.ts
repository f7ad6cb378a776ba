import { StorageFailed } from "@tollgate/core";
import { memoryReplays, type TokenHolder } from "@tollgate/identity";
import { beforeAll, describe, expect, it } from "vitest";
import { clerk, saidOf, sign, start, type TestKey, testKey, tokenFixture } from "./token-fixture.ts";

let key: TestKey;

beforeAll(async () => {
  key = await testKey();
});

const action = { kind: "tool", name: "search_web" } as const;

describe("a token that must be good once", () => {
  it("opens one run, with as many actions and children as it likes", async () => {
    const { gate, ask, decisions } = tokenFixture({ publicKey: key.jwk, requireJti: true });
    const token = await sign(key, { jti: "t-1" });
    const run = gate.run({ credential: token });
    for (const acting of [run, run, run.child()]) {
      expect((await gate.decide(action, { run: acting })).code).toBe("allowed");
    }
    const replayed = "identity_denied: the credential was shown before, and is good once";
    expect(await ask(token)).toBe(replayed);
    expect(await ask(await sign(key, { jti: "t-1", role: "other" }))).toBe(replayed);
    expect(await ask(await sign(key, { jti: "t-2" }))).toBe("allowed");
    expect((await decisions()).map((receipt) => saidOf(receipt).said)).toEqual([
      "allowed",
      "allowed",
      "allowed",
      replayed,
      replayed,
      "allowed",
    ]);
  });

  it("opens one of many runs that show it at once", async () => {
    const { ask } = tokenFixture({ publicKey: key.jwk, requireJti: true });
    const token = await sign(key, { jti: "t-1" });
    const said = await Promise.all(Array.from({ length: 20 }, () => ask(token)));
    expect(said.filter((each) => each === "allowed")).toHaveLength(1);
  });

  it("is refused without a jti that tells it from others", async () => {
    const { ask } = tokenFixture({ publicKey: key.jwk, requireJti: true });
    for (const jti of [undefined, "", 7, "x".repeat(257)]) {
      expect(await ask(await sign(key, { jti }))).toBe(
        "identity_denied: the credential has no jti, and must be good once",
      );
    }
  });

  it("is not used up by being refused for something else, and is another issuer's own", async () => {
    const { ask, clock } = tokenFixture({ publicKey: key.jwk, requireJti: true });
    const early = await sign(key, { jti: "t-1", nbf: start + 60 });
    expect(await ask(early)).toBe("identity_denied: the credential is not valid yet");
    expect(await ask(await sign(key, { jti: "t-1", role: 1 }))).toMatch(/no role/);
    clock.advance(60_000);
    expect(await ask(early)).toBe("allowed");
    expect(await ask(await sign(key, { jti: "t-1", iss: "https://b.example" }))).toBe("allowed");
  });

  it("is denied as unavailable where nobody can tell whether it was shown", async () => {
    const use = (): never => {
      throw new StorageFailed("the table is away");
    };
    const { ask } = tokenFixture({ publicKey: key.jwk, requireJti: true, replays: { use } });
    expect(await ask(await sign(key, { jti: "t-1" }))).toBe(
      "identity_failed: the identity could not be verified",
    );
    const silent = tokenFixture({
      publicKey: key.jwk,
      requireJti: true,
      replays: { use: () => undefined as never },
    });
    expect(await silent.ask(await sign(key, { jti: "t-1" }))).toMatch(/^identity_denied: .*shown before/);
  });

  it("is good in one of several gates that share what they remember", async () => {
    const replays = memoryReplays();
    const [one, other] = [1, 2].map(() => tokenFixture({ publicKey: key.jwk, requireJti: true, replays }));
    const token = await sign(key, { jti: "t-1" });
    expect(await one?.ask(token)).toBe("allowed");
    expect(await other?.ask(token)).toMatch(/shown before/);
  });
});

describe("what memory remembers of tokens", () => {
  it("is forgotten when they expire, not before, and is bounded", () => {
    const { use } = memoryReplays({ max: 2 });
    expect(use("a", 100, 0)).toBe(true);
    expect(use("b", 200, 0)).toBe(true);
    expect(use("a", 100, 99)).toBe(false);
    expect(() => use("c", 300, 99)).toThrow(StorageFailed);
    expect(use("c", 300, 100)).toBe(true);
    expect(() => use("d", 300, 150)).toThrow(/2 tokens are remembered/);
    expect(use("b", 200, 150)).toBe(false);
    expect(use("c", 300, 150)).toBe(false);
    expect(use("d", 300, 200)).toBe(true);
    expect(() => memoryReplays({ max: 0 })).toThrow(/^max: /);
  });
});

describe("a revocation", () => {
  it("is looked up by agent and jti, and denies the next action", async () => {
    const asked: TokenHolder[] = [];
    const revoked = new Set<string>();
    const { gate, ask, decisions } = tokenFixture({
      publicKey: key.jwk,
      revoked: async (holder) => {
        asked.push(holder);
        return revoked.has(holder.agent) || (holder.jti !== null && revoked.has(holder.jti));
      },
    });
    const run = gate.run({ credential: await sign(key, { jti: "t-1" }) });
    const code = async (): Promise<string> => (await gate.decide(action, { run })).code;
    expect(await code()).toBe("allowed");
    revoked.add("t-1");
    expect(await code()).toBe("identity_denied");
    expect(await ask(await sign(key))).toBe("allowed");
    revoked.add("finance-bot");
    expect(await ask(await sign(key))).toBe("identity_denied: the credential was revoked");
    expect(asked[0]).toEqual({ agent: "finance-bot", jti: "t-1", subject: clerk });
    expect(asked[2]?.jti).toBe(null);
    expect((await decisions()).map((receipt) => saidOf(receipt).said)).toEqual([
      "allowed",
      "identity_denied: the credential was revoked",
      "allowed",
      "identity_denied: the credential was revoked",
    ]);
  });

  it("is looked up for each action of a run and its children, not once for the run", async () => {
    const asked: string[] = [];
    const { gate } = tokenFixture({
      publicKey: key.jwk,
      revoked: ({ agent }) => {
        asked.push(agent);
        return asked.length > 4;
      },
    });
    const run = gate.run({ credential: await sign(key) });
    const child = run.child();
    const codes: string[] = [];
    for (const acting of [run, run, child, run, child, run]) {
      codes.push((await gate.decide(action, { run: acting })).code);
      expect(asked).toHaveLength(codes.length);
    }
    const [allowed, denied] = ["allowed", "identity_denied"];
    expect(codes).toEqual([allowed, allowed, allowed, allowed, denied, denied]);
    expect(asked).toEqual(Array(6).fill("finance-bot"));
  });

  it("that cannot be looked up in time denies as unavailable", async () => {
    const { ask, clock } = tokenFixture({
      publicKey: key.jwk,
      revoked: () => {
        // Once the gate has begun to wait.
        queueMicrotask(() => clock.advance(5000));
        return new Promise(() => undefined);
      },
    });
    expect(await ask(await sign(key))).toBe("identity_failed: the identity could not be verified");
  });
});
