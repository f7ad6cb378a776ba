import { InvalidConfig, type PolicyInForce, type Verdict } from "@tollgate/core";
import { denyTools, evaluator } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import { gateFixture, tool } from "./gate-fixture.ts";

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

const lenient: PolicyInForce = {
  digest: digest("a"),
  budgets: [{ id: "calls", limit: "10 calls" }],
  prices: { tools: { search: "$0.10" } },
};

const strict: PolicyInForce = {
  digest: digest("b"),
  budgets: [{ id: "calls", limit: "1 calls" }],
  evaluators: [denyTools(["delete_*"])],
  prices: { tools: { search: "$0.30" } },
};

describe("a policy that can change", () => {
  it("is in force as a whole from the next decision on, and each receipt says which one was", async () => {
    let policy = lenient;
    const { gate, receipts } = gateFixture({
      policy: () => policy,
      budgets: [{ id: "money", limit: "$1.00" }],
    });
    const first = await gate.decide(tool("search"));
    expect(first.claims.map(({ budget, amount }) => [budget, amount])).toEqual([
      ["money", 100_000_000n],
      ["calls", 1n],
    ]);
    expect((await gate.decide(tool("delete_all"))).outcome).toBe("allow");
    policy = strict;
    const over = await gate.decide(tool("search"));
    expect(over).toMatchObject({ outcome: "deny", code: "budget_exceeded" });
    expect((await gate.decide(tool("delete_all"))).code).toBe("policy_denied");
    const written = (await receipts()).flatMap(({ body }) => (body.type === "decision" ? [body] : []));
    expect(written.map(({ decision }) => decision.policy)).toEqual(
      ["a", "a", "b", "b"].map((digit) => digest(digit)),
    );
  });

  it("judges one decision from its first step to its last by the policy that it began under", async () => {
    let policy = lenient;
    const asking = Promise.withResolvers<void>();
    const verdict = Promise.withResolvers<Verdict>();
    const changing: PolicyInForce = {
      ...lenient,
      evaluators: [
        evaluator("slow", () => {
          asking.resolve();
          return verdict.promise;
        }),
      ],
    };
    policy = changing;
    const { gate, receipts } = gateFixture({ policy: () => policy });
    const asked = gate.decide(tool("search"));
    await asking.promise;
    policy = strict;
    verdict.resolve({ decision: "allow" });
    const decision = await asked;
    expect(decision.claims.map(({ limit }) => limit)).toEqual([10n]);
    const [receipt] = await receipts();
    expect(receipt?.body).toMatchObject({ decision: { policy: digest("a") } });
  });

  it("comes after the gate's own evaluators and budgets", async () => {
    const asked: string[] = [];
    const noting = (name: string) =>
      evaluator(name, () => {
        asked.push(name);
        return { decision: "allow" };
      });
    const policy = { ...lenient, evaluators: [noting("policy")] };
    const { gate } = gateFixture({ evaluators: [noting("own")], policy: () => policy });
    await gate.decide(tool("search"));
    expect(asked).toEqual(["own", "policy"]);
  });

  it("is refused when the gate is made, as its own options would be", () => {
    const start = (policy: PolicyInForce) => () => gateFixture({ policy: () => policy });
    expect(start({ digest: "sha256:short" })).toThrow(InvalidConfig);
    expect(start({ ...lenient, budgets: [{ id: "calls", limit: "ten" }] })).toThrow(/budgets\[0\]\.limit/);
    expect(() =>
      gateFixture({ budgets: [{ id: "calls", limit: "1 calls" }], policy: () => lenient }),
    ).toThrow(/already the id/);
  });

  it("stays in force when the one after it makes no sense, which the gate's owner is told once", async () => {
    let policy = lenient;
    const failures: unknown[] = [];
    const { gate, receipts } = gateFixture({
      policy: () => policy,
      onFailure: ({ during, cause }) => failures.push([during, String(cause)]),
    });
    policy = { ...strict, budgets: [{ id: "calls", limit: "-1 calls" }] };
    expect((await gate.decide(tool("delete_all"))).outcome).toBe("allow");
    expect((await gate.decide(tool("search"))).outcome).toBe("allow");
    expect(failures).toEqual([["policy", expect.stringContaining("budgets[0].limit")]]);
    expect((await receipts()).map(({ body }) => body)).toMatchObject([
      { decision: { policy: digest("a") } },
      { decision: { policy: digest("a") } },
    ]);
    policy = strict;
    expect((await gate.decide(tool("delete_all"))).outcome).toBe("deny");
  });
});
