import type { PolicyInForce, Subject } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { createIdentity } from "@tollgate/core/identity";
import { describe, expect, it } from "vitest";
import { gateFixture, tool } from "./gate-fixture.ts";

/** A policy that gives the agent "bot" a role, whatever it claims. */
function policyOf(role: string, more: Partial<PolicyInForce> = {}): PolicyInForce {
  return {
    digest: `sha256:${"a".repeat(64)}`,
    budgets: [{ id: "by-role", limit: "9 calls", by: ["role"] }],
    roleOf: (subject) => (subject.agent === "bot" ? role : subject.role),
    ...more,
  };
}

describe("the role that a policy gives", () => {
  it("is the one that evaluators, budgets and receipts see", async () => {
    const seen: (string | undefined)[] = [];
    const noting = evaluator("noting", ({ subject }) => {
      seen.push(subject.role);
      return { decision: "allow" };
    });
    const { gate, receipts, check } = gateFixture({
      policy: () => policyOf("clerk", { evaluators: [noting] }),
    });
    const { claims, action } = await gate.decide(tool("search"), { subject: { agent: "bot" } });
    expect(seen).toEqual(["clerk"]);
    expect(claims.map(({ partition }) => partition)).toEqual(["role=clerk"]);
    expect(action.subject).toEqual({ agent: "bot", role: "clerk" });
    expect((await receipts())[0]?.body).toMatchObject({
      action: { subject: { agent: "bot", role: "clerk" } },
      claims: [{ partition: "role=clerk" }],
    });
    await check();
  });

  it("is the one that budgets of ancestors go by, also where they claim another", async () => {
    const { gate } = gateFixture({ policy: () => policyOf("clerk") });
    const parent = gate.run({ agent: "bot", role: "boss" });
    const { claims } = await gate.decide(tool("search"), { run: parent.child({ agent: "other" }) });
    expect(claims.map(({ partition }) => partition)).toEqual(["role=boss", "role=clerk"]);
  });

  it("takes no claim away from those who are to refuse it, and gives nothing that is none", async () => {
    const { gate } = gateFixture({ policy: () => policyOf("clerk") });
    const decide = async (subject: Subject) =>
      (await gate.decide(tool("search"), { subject })).action.subject;
    expect(await decide({ agent: "bot", role: "boss" })).toEqual({ agent: "bot", role: "boss" });
    expect(await decide({ agent: "x" })).toEqual({ agent: "x" });
    expect((await gate.decide(tool("search"), { subject: { agent: "x" } })).code).toBe("missing_field");
  });

  it("follows from what a credential says, and not from what is claimed beside it", async () => {
    const verify = (agent: string) =>
      agent === "bad" ? { refused: "no" } : { subject: { agent }, expiresAt: Number.POSITIVE_INFINITY };
    const { gate, receipts } = gateFixture({
      identity: createIdentity(verify),
      policy: () => policyOf("clerk"),
    });
    const decide = (credential: string, claims: Subject = {}) =>
      gate.decide(tool("search"), { run: gate.run({ credential, ...claims }) });
    expect((await decide("bot")).claims.map(({ partition }) => partition)).toEqual(["role=clerk"]);
    expect(await decide("bot", { role: "boss" })).toMatchObject({ code: "identity_denied" });
    expect(await decide("other", { agent: "bot" })).toMatchObject({ code: "identity_denied" });
    expect(await decide("bad", { agent: "bot" })).toMatchObject({ code: "identity_denied" });
    const roles = (await receipts()).map(({ body }) =>
      body.type === "decision" ? body.action.subject.role : null,
    );
    // Who is not admitted is nobody whom a policy could give a role.
    expect(roles).toEqual(["clerk", "boss", undefined, undefined]);
  });
});

describe("what is to become a policy", () => {
  const next = policyOf("clerk", { budgets: [{ id: "own", limit: "1 calls" }] });

  it("is refused by each gate that cannot use it, until the gate is closed", async () => {
    let accept = (_policy: PolicyInForce): void => undefined;
    const { gate } = gateFixture({
      budgets: [{ id: "own", limit: "5 calls" }],
      policy: (own) => {
        accept = own;
        return policyOf("clerk");
      },
    });
    expect(() => accept(policyOf("boss"))).not.toThrow();
    expect(() => accept(next)).toThrow(/"own" is already the id/);
    await gate.close();
    expect(() => accept(next)).not.toThrow();
  });

  it("is nothing to a gate that could not be made", () => {
    let accept = (_policy: PolicyInForce): void => {
      throw new Error("it was handed nothing");
    };
    const make = () =>
      gateFixture({
        budgets: [{ id: "own", limit: "5 calls" }],
        policy: (own) => {
          accept = own;
          return next;
        },
      });
    expect(make).toThrow(/already the id/);
    expect(() => accept(next)).not.toThrow();
  });
});
