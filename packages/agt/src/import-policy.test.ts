import { describe, expect, it } from "vitest";
import { rule } from "../test/engine.ts";
import { importAgtPolicy } from "./import-policy.ts";

type Rule = ReturnType<typeof rule> | object;

const policy = (...rules: readonly Rule[]): object => ({ name: "house", default_action: "allow", rules });

describe("importing a policy", () => {
  it("keeps names, priorities, reasons, approvers and the default", () => {
    const { text, findings } = importAgtPolicy({
      name: "house",
      agents: ["bot", "eve"],
      rules: [
        rule("small", "tool == 'pay' and params.amount <= 100.50", "allow", { priority: 10 }),
        rule("other", "provider not in ['a', 'b'] or role != 'x'", "require_approval", {
          approvers: ["alice", "bob"],
          description: 'it\'s large: "ask"',
        }),
        rule("off", "(no matter)", "deny", { enabled: false }),
        { name: "last", effect: "deny", priority: -5, description: "Größe" },
      ],
    });
    expect(findings).toEqual([]);
    expect(text).toBe(`# Imported from the policy "house" of Microsoft's Agent Governance Toolkit.
version: 1
otherwise: deny
rules:
  - id: other-agents
    priority: 1000
    when: '!(has(subject.agent) && subject.agent in ["bot", "eve"])'
    then: deny
    reason: 'No matching rules, using default'
  - id: small
    priority: 10
    when: 'action.kind == "tool" && action.name == "pay" && params != null && has(params.amount) && params.amount <= 100.5'
    then: allow
  - id: other
    when: '!(has(action.provider) && action.provider in ["a", "b"]) || !(has(subject.role) && subject.role == "x")'
    then: { require_approval: { role: 'alice, bob' } }
    reason: 'it''s large: "ask"'
  - id: last
    priority: -5
    when: true
    then: deny
    reason: "Größe"
`);
  });

  it("lets the first rule of a priority win where it is less restrictive than a later one", () => {
    const { text } = importAgtPolicy(
      policy(
        rule("a", "user == 'x' or user == 'y'", "allow"),
        rule("b", "role == 'r'", "deny"),
        rule("c", "user in ['z']", "deny"),
        rule("d", "role == 'q'", "allow"),
        rule("e", "role == 'q'", "deny", { priority: 1 }),
      ),
    );
    const whens = [...(text ?? "").matchAll(/when: '(.*)'/g)].map(([, when]) => when);
    expect(whens).toEqual([
      'has(subject.user) && subject.user == "x" || has(subject.user) && subject.user == "y"',
      'has(subject.role) && subject.role == "r" && !(has(subject.user) && subject.user == "x" || has(subject.user) && subject.user == "y")',
      'has(subject.user) && subject.user == "z"',
      'has(subject.role) && subject.role == "q"',
      'has(subject.role) && subject.role == "q"',
    ]);
  });

  it("finds an id for the rule on agents that no other has", () => {
    const { text } = importAgtPolicy({
      ...policy(rule("other-agents", "tool == 'x'", "deny")),
      agent: "bot",
    });
    expect(text).toContain("id: other-agents-2\n");
    expect(
      importAgtPolicy({ ...policy(rule("a", "tool == 'x'", "deny")), agents: ["*"] }).text,
    ).not.toContain("other-agents");
  });

  it.each<[string, Rule, RegExp]>([
    ["a condition that AGT misreads", rule("r", "(tool == 'x')", "deny"), /never fires.*parentheses/],
    ["a field that no call has", rule("r", "amount > 5", "deny"), /no call has a field amount/],
    ["warn", rule("r", "tool == 'x'", "warn"), /warn denies/],
    ["a rule without a name", { condition: "tool == 'x'", ruleAction: "deny" }, /has no name/],
    [
      "an action beside a condition",
      { ...rule("r", "tool == 'x'", "deny"), action: "x" },
      /`action` is not looked/,
    ],
    ["a name that is no id", rule("no payments", "tool == 'x'", "deny"), /its name becomes an id/],
    [
      "a priority that is no whole number",
      rule("r", "tool == 'x'", "deny", { priority: 0.5 }),
      /priority has no/,
    ],
    ["a priority beyond 1000", rule("r", "tool == 'x'", "deny", { priority: 1001 }), /priority has no equal/],
    [
      "a limit",
      rule("r", "tool == 'x'", "allow", { limit: "5/hour" }),
      /limit has no equal.*budget in calls/,
    ],
    ["an empty description", rule("r", "tool == 'x'", "deny", { description: " " }), /description becomes/],
    [
      "too many approvers",
      rule("r", "tool == 'x'", "require_approval", { approvers: ["a".repeat(1001)] }),
      /1000/,
    ],
    [
      "what AGT works out itself",
      rule("r", "sql.verb == 'DROP'", "deny"),
      /no equal: AGT works sql.verb out/,
    ],
    ["the id of a run", rule("r", "run == 'x'", "deny"), /no equal: run is the handle/],
    ["a member of a text", rule("r", "tool.name != 'x'", "deny"), /no equal: tool has no members/],
    ["a text as a number", rule("r", "tool > 5", "deny"), /no equal: tool is a text/],
    ["a text as true", rule("r", "role", "deny"), /no equal: role is a text/],
    ["steps as a text", rule("r", "steps == 'x'", "deny"), /no equal: steps is a number/],
    ["steps as true", rule("r", "steps", "deny"), /no equal: steps is a number/],
    ["params as a whole", rule("r", "params", "deny"), /no equal: params is compared as a whole/],
    ["an inherited name", rule("r", "params.constructor", "deny"), /no equal: constructor is what every/],
    ["a place in a list", rule("r", "params.ids.0 == 'x'", "deny"), /no equal: 0 is no name/],
    ["a list's length", rule("r", "params.ids.length > 5", "deny"), /no equal: length/],
    ["a word of CEL's", rule("r", "params.for == 'x'", "deny"), /no equal: for is a word/],
    ["a list with undefined", rule("r", "params.a in ['undefined']", "deny"), /no equal: AGT finds what is/],
    [
      "a number that is not exact",
      rule("r", "params.a == 99999999999999999", "deny"),
      /no equal: 1.* is beyond/,
    ],
  ])("refuses %s", (_, wrong, problem) => {
    const { text, findings } = importAgtPolicy(policy(wrong));
    expect(text).toBeNull();
    expect(findings).toEqual([
      {
        where: expect.stringMatching(/^policy "house", rule ("(r|no payments)"|number 1)$/),
        problem: expect.stringMatching(problem),
      },
    ]);
  });

  it("refuses a rule after one of its priority that always fires first", () => {
    const open = { name: "ask", ruleAction: "require_approval" };
    const { text, findings } = importAgtPolicy(policy(open, rule("late", "tool == 'x'", "deny")));
    expect(text).toBeNull();
    expect(findings).toEqual([
      { where: 'policy "house", rule "late"', problem: 'never fires: rule "ask" comes first' },
    ]);
  });

  it("tells all findings at once, and refuses what is no policy", () => {
    const { findings } = importAgtPolicy(
      policy(rule("a", "not x", "deny"), rule("b", "run == 'x' and sql.a", "deny")),
    );
    expect(findings).toHaveLength(3);
    const flat = importAgtPolicy({ rules: [{ action: "send_*", effect: "deny" }] });
    expect(flat).toEqual({
      text: null,
      findings: [{ where: "rules", problem: expect.stringMatching(/^flat rules/) }],
    });
    for (const none of [null, 5, "text", [], {}, { name: "x" }, { name: "x", rules: [null] }]) {
      expect(importAgtPolicy(none).text).toBeNull();
    }
  });
});
