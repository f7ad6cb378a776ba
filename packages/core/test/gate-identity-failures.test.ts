import { createGate, findDenial, gateBudget } from "@tollgate/core";
import { createIdentity, type Verified, type VerifyCredential } from "@tollgate/core/identity";
import { describe, expect, it } from "vitest";
import { clerk, credential, hour, identified } from "./credential-fixture.ts";
import { gateFixture, llm } from "./gate-fixture.ts";

describe("an identity that fails", () => {
  const failing: readonly [string, VerifyCredential][] = [
    [
      "throws",
      () => {
        throw new Error(`cannot read ${credential}`);
      },
    ],
    ["rejects", () => Promise.reject(new Error(`cannot read ${credential}`))],
    ["answers nothing", () => undefined as never],
    ["answers no time", () => ({ subject: clerk }) as never],
    ["answers no number", () => ({ subject: clerk, expiresAt: Number.NaN })],
    ["answers nobody", () => ({ expiresAt: 1e15 }) as never],
    ["refuses in no words", () => ({ refused: true, subject: clerk, expiresAt: 1e15 }) as never],
    [
      "leaves a role to its caller",
      () => ({ subject: clerk, expiresAt: 1e15, callerFills: ["role"] }) as never,
    ],
    ["leaves no list", () => ({ subject: clerk, expiresAt: 1e15, callerFills: "user" }) as never],
    ["answers an unknown field", () => ({ subject: { admin: true }, expiresAt: 1e15 }) as never],
  ];

  it.each(failing)(
    "denies as unavailable when it %s, also where the gate fails open",
    async (_what, verify) => {
      const { gate, receipts, check } = gateFixture({ failure: "open", identity: createIdentity(verify) });
      const error = findDenial(
        await gateBudget(gate.run({ credential }), llm()).catch((thrown: unknown) => thrown),
      );
      expect(error?.code).toBe("gate_unavailable");
      expect(error?.refusal).toMatchObject({
        reasonCode: "identity_failed",
        reason: "the identity could not be verified",
      });
      expect(JSON.stringify(await receipts())).toContain('"identity_failed"');
      expect(JSON.stringify(await receipts())).not.toContain(credential);
      await check();
    },
  );

  it("is asked again with the next action", async () => {
    let failures = 1;
    const { gate, decisions } = identified({}, (_, now) => {
      if (failures-- > 0) throw new Error("keys are away");
      return { subject: clerk, expiresAt: now + hour };
    });
    const run = gate.run({ credential });
    await expect(gateBudget(run, llm())).rejects.toThrow(/could not be verified/);
    await gateBudget(run, llm());
    expect(await decisions()).toEqual(["deny identity_failed", "allow allowed"]);
  });

  it("is not waited for longer than a store, and a late answer counts for the next action", async () => {
    let answer: (verified: Verified) => void = () => undefined;
    const { gate, clock, verified } = identified({}, () => new Promise((resolve) => (answer = resolve)));
    const run = gate.run({ credential });
    const late = gateBudget(run, llm());
    clock.advance(5000);
    await expect(late).rejects.toThrow(/could not be verified/);
    answer({ subject: clerk, expiresAt: hour * 1e6 });
    await gateBudget(run, llm());
    expect(verified()).toBe(1);
  });

  it("is no identity without a function", () => {
    expect(() => createIdentity(undefined as never)).toThrow(/^verify: expected a function/);
    expect(() => createGate({ identity: {} as never })).toThrow(/^identity: expected an object with holder/);
  });
});

describe("revocation", () => {
  it("is asked before each action, and denies the next one", async () => {
    let revoked = false;
    const { gate, decisions, verified } = identified({ revoked: () => revoked });
    const run = gate.run({ credential });
    await gateBudget(run, llm());
    revoked = true;
    await expect(gateBudget(run.child(), llm())).rejects.toThrow(/the credential was revoked/);
    revoked = false;
    await gateBudget(run, llm());
    expect(await decisions()).toEqual(["allow allowed", "deny identity_denied", "allow allowed"]);
    expect(verified()).toBe(1);
  });

  it.each<[string, () => never]>([
    [
      "throws",
      () => {
        throw new Error("away");
      },
    ],
    ["rejects", () => Promise.reject(new Error("away")) as never],
    ["answers nonsense", () => "no" as never],
    ["answers nothing", () => Promise.resolve() as never],
  ])("fails closed when it %s", async (_what, revoked) => {
    const { gate } = identified({ revoked });
    const error = findDenial(
      await gateBudget(gate.run({ credential }), llm()).catch((thrown: unknown) => thrown),
    );
    expect(error?.refusal.reasonCode).toBe("identity_failed");
  });

  it("fails closed when it does not answer in time", async () => {
    const { gate, clock } = identified({ revoked: () => new Promise(() => undefined) });
    const asked = gateBudget(gate.run({ credential }), llm());
    clock.advance(5000);
    await expect(asked).rejects.toThrow(/could not be verified/);
  });
});
