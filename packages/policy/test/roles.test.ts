import type { Decision, Subject } from "@tollgate/core";
import { createIdentity } from "@tollgate/core/identity";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SubjectRoles } from "../src/rules/subject-role.ts";
import { actionOf, contextOf, gateOf, policyOf } from "./policy-fixture.ts";

const policy = policyOf(`
roles: { analyst: {}, finance: {} }
subjects:
  - { agent: finance-bot, role: finance }
  - { agent: both, role: finance }
  - { agent: both, role: analyst }
budgets:
  - { id: each-role, limit: 2 calls, by: [role] }
  - { id: analysts, limit: 1 calls, match: { role: analyst } }
`);

const search = { kind: "tool", name: "search" } as const;

/** What came out, what it draws on, and whom the receipt names. */
function told({ outcome, code, claims, receipt }: Decision): readonly unknown[] {
  const subject = receipt?.body.type === "decision" ? receipt.body.action.subject : null;
  const drawn = claims.map(({ budget, partition }) => `${budget} ${partition}`);
  return [outcome === "allow" ? outcome : code, drawn, subject];
}

describe("the role that a policy's subjects give", () => {
  it("is the one whose budgets are drawn on, and the one in the receipt", async () => {
    const { gate } = gateOf(policy);
    const decide = async (subject: Subject) => told(await gate.decide(search, { subject }));
    const finance = { agent: "finance-bot", role: "finance" };
    const own = ["each-role role=finance"];
    expect(await decide({ agent: "finance-bot" })).toEqual(["allow", own, finance]);
    // One balance, whether the role is named or not.
    expect(await decide(finance)).toEqual(["allow", own, finance]);
    expect(await decide({ agent: "finance-bot" })).toEqual(["budget_exceeded", [], finance]);
    expect(await decide({ agent: "x", role: "analyst" })).toEqual([
      "allow",
      ["each-role role=analyst", "analysts "],
      { agent: "x", role: "analyst" },
    ]);
  });

  it("is not had by claiming another one", async () => {
    const { gate } = gateOf(policy);
    const claim = { agent: "finance-bot", role: "analyst" };
    const refused = await gate.decide(search, { subject: claim });
    expect(told(refused)).toEqual(["policy_denied", [], claim]);
    expect(refused.reason).toContain('claims the role "analyst", and has finance');
    expect(await gate.balances()).toEqual([]);
    // A child that nobody lists does not take its parent out of the parent's role, either.
    const run = gate.run(claim).child({ agent: "helper" });
    expect(told(await gate.decide(search, { run }))[1]).toEqual([
      "each-role role=analyst",
      "each-role role=finance",
      "analysts ",
    ]);
  });

  it("has to be named by whoever has several, and is one of them", async () => {
    const { gate } = gateOf(policy);
    const decide = async (subject: Subject) => told(await gate.decide(search, { subject })).slice(0, 2);
    expect(await decide({ agent: "both" })).toEqual(["missing_field", []]);
    expect(await decide({ agent: "both", role: "boss" })).toEqual(["policy_denied", []]);
    expect(await decide({ agent: "both", role: "finance" })).toEqual(["allow", ["each-role role=finance"]]);
  });

  it("follows from the agent that a credential names", async () => {
    const identity = createIdentity((agent) => ({
      subject: agent === "token-with-role" ? { agent: "finance-bot", role: "analyst" } : { agent },
      expiresAt: Number.POSITIVE_INFINITY,
    }));
    const { gate } = gateOf(policy, { identity });
    const decide = async (credential: string, claims: Subject = {}) =>
      told(await gate.decide(search, { run: gate.run({ credential, ...claims }) }));
    expect(await decide("finance-bot")).toEqual([
      "allow",
      ["each-role role=finance"],
      { agent: "finance-bot", role: "finance" },
    ]);
    expect((await decide("x", { agent: "finance-bot" }))[0]).toBe("identity_denied");
    expect((await decide("x", { role: "finance" }))[0]).toBe("identity_denied");
    expect((await decide("x"))[0]).toBe("missing_field");
    // The policy and whoever made the credential do not agree: neither is taken to be right.
    expect((await decide("token-with-role"))[0]).toBe("policy_denied");
  });

  it("is the one of every entry whose fields all fit, and of no other", () => {
    const name = fc.constantFrom("a", "b", '"', 'a","b');
    const fields = fc
      .record({ tenant: name, user: name, agent: name, session: name }, { requiredKeys: [] })
      .filter((each) => Object.keys(each).length > 0);
    const role = fc.constantFrom("x", "y", "z");
    fc.assert(
      fc.property(
        fc.array(fc.record({ fields, role }), { maxLength: 12 }),
        fields,
        (assignments, subject) => {
          const fitting = assignments.filter((each) =>
            Object.entries(each.fields).every(([key, value]) => subject[key as "user"] === value),
          );
          const roles = [...new Set(fitting.map((each) => each.role))].sort();
          expect(new SubjectRoles(assignments).of(subject)).toEqual(roles);
        },
      ),
      { numRuns: 500, seed: 7 },
    );
  });

  it("changes with the policy, between two decisions", async () => {
    const changing = policyOf(
      "roles: { a: {}, b: {} }\nsubjects: [{ agent: x, role: a }]\nbudgets: [{ id: r, limit: 9 calls, by: [role] }]",
    );
    const { gate } = gateOf(changing);
    const decide = async () => told(await gate.decide(search, { subject: { agent: "x" } }))[1];
    expect(await decide()).toEqual(["r role=a"]);
    changing.reload(
      "version: 1\nroles: { a: {}, b: {} }\nsubjects: [{ agent: x, role: b }]\nbudgets: [{ id: r, limit: 9 calls, by: [role] }]\n",
    );
    expect(await decide()).toEqual(["r role=b"]);
  });

  it("is the one whose balance rules see, also where nothing but an explanation is asked for", async () => {
    const half = policyOf(`
roles: { finance: {} }
subjects: [{ agent: finance-bot, role: finance }]
budgets: [{ id: r, limit: 2 calls, by: [role] }]
rules: [{ id: half, when: 'budget["r"].left <= 1', then: deny, reason: half is gone }]
`);
    const asked: unknown[] = [];
    const context = contextOf({
      balances: ({ partition }) => {
        asked.push(partition);
        return [];
      },
    });
    await half.explain(actionOf({ subject: { agent: "finance-bot" } }), context);
    expect(asked).toEqual(["role=finance"]);
    const { gate } = gateOf(half);
    const decide = async () => (await gate.decide(search, { subject: { agent: "finance-bot" } })).outcome;
    expect([await decide(), await decide()]).toEqual(["allow", "deny"]);
  });
});
