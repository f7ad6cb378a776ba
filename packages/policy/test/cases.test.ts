import { InvalidPolicy, readCases, testPolicy } from "@tollgate/policy";
import { describe, expect, it } from "vitest";
import { policyOf } from "./policy-fixture.ts";

const policy = policyOf(`
timeZone: Europe/Berlin
budgets: [{ id: daily, limit: $5.00, per: day, by: [user] }]
rules:
  - { id: night, when: time.hour >= 22 || time.hour < 6, then: deny, reason: at night }
  - { id: nearly, when: 'budget["daily"].ratio >= 0.8', then: require_approval, reason: nearly spent }
  - { id: loop, when: run.repeats >= 5 || run.spent > usd("$3"), then: stop, reason: a loop }
  - { id: large, when: action.name == "pay" && params.amount > 100, then: deny, reason: too much }
`);

describe("cases", () => {
  it("are asked in their situations, and cover what they match", async () => {
    const cases = readCases(`cases:
  - name: by day
    action: { kind: tool, name: pay, params: { amount: 5 } }
    subject: { user: alice }
    time: 2026-11-20T20:59:00Z
    expect: allow
  - { name: at night, action: { kind: tool, name: x }, subject: { user: a }, time: "2026-11-20T21:00:00Z", expect: deny, rule: night }
  - { action: { kind: tool, name: x }, subject: { user: a }, budgets: { daily: { spent: $3.00, held: $1.00 } }, expect: require_approval }
  - { action: { kind: tool, name: x }, subject: { user: a }, run: { repeats: 5 }, expect: stop }
  - { action: { kind: tool, name: x }, subject: { user: a }, run: { spent: $3.01 }, expect: stop }
  - { name: wrong, action: { kind: tool, name: x }, subject: { user: a }, expect: deny }
  - { name: wrong rule, action: { kind: tool, name: x }, subject: { user: a }, run: { repeats: 9 }, expect: stop, rule: night }
`);
    const { results, failed, uncovered } = await testPolicy(policy, cases);
    expect(results.map(({ passed }) => passed)).toEqual([true, true, true, true, true, false, false]);
    expect(results[5]).toMatchObject({
      name: "wrong",
      line: 11,
      expected: "deny",
      answered: "allow",
      rule: null,
    });
    expect(results[2]?.name).toBe("case 3");
    expect(failed).toBe(2);
    expect(uncovered).toEqual(["large"]);
  });

  it.each([
    ["{ action: { kind: tool } }", "a text"],
    ["{ action: { kind: tol, name: x } }", "did you mean tool?"],
    ["{ acton: {} }", "did you mean action?"],
    ["{ action: { kind: tool, name: x }, expect: alow }", "did you mean allow?"],
    ["{ action: { kind: tool, name: x }, time: noon }", "time is such as"],
    ["{ action: { kind: tool, name: x }, budgets: { daily: { spent: 5 } } }", "cannot read"],
    ["{ action: { kind: tool, name: x }, run: { step: 1 } }", "did you mean steps?"],
    ["[", "this is no YAML"],
  ])("%s is refused", (text, message) => {
    expect(() => readCases(text)).toThrow(InvalidPolicy);
    expect(() => readCases(text)).toThrow(message);
  });
});
