import { explainCase, InvalidPolicy, readCases, testPolicy } from "@tollgate/policy";
import { describe, expect, it } from "vitest";
import { policyOf } from "./policy-fixture.ts";

const policy = policyOf(`
roles: { clerk: {} }
subjects: [{ agent: bot, role: clerk }]
prices: { models: { big: { perCall: $2 }, small: { perCall: $0.10 } }, tools: { "paid_*": $0.25 } }
budgets:
  - { id: daily, limit: $5.00, per: day, by: [user], match: { kind: llm }, soft: { limit: $4.00, then: degrade, degrade: { model: small } } }
  - { id: tools, limit: 10 calls, per: run, match: { kind: tool }, then: stop }
  - { id: clerks, limit: 3 calls, match: { role: clerk, name: "paid_*" } }
  - { id: asks, limit: $1.00, match: { name: "paid_*" }, then: require_approval }
rules:
  - { id: night, when: time.hour < 6, then: deny, reason: at night }
  - { id: nearly, when: 'action.kind == "llm" && budget["daily"].left < usd("$0.01")', then: require_approval, reason: nearly spent }
`);

/** What became of one case, as `outcome rule`, and why. */
async function answerOf(text: string): Promise<readonly [string, string]> {
  const { results } = await testPolicy(policy, readCases(text));
  const [result] = results;
  return [`${result?.answered} ${result?.rule}`, result?.reason ?? ""];
}

describe("a case", () => {
  const model = "action: { kind: llm, name: big }, subject: { user: alice }";
  const tool = "action: { kind: tool, name: paid_search }, subject: { agent: bot }";

  it.each([
    [`{ ${model} }`, "allow null", ""],
    [`{ ${model}, budgets: { daily: { spent: $1.50, held: $0.49 } } }`, "allow null", ""],
    [`{ ${model}, budgets: { daily: { spent: $2.01 } } }`, "degrade daily.soft", "daily.soft"],
    [`{ ${model}, budgets: { daily: { spent: $4.95 } } }`, "deny daily", '"daily"'],
    [`{ ${model}, budgets: { daily: { spent: $3.00 }, daily.soft: { spent: $0.00 } } }`, "allow null", ""],
    [`{ ${model}, budgets: { daily: { spent: $5.00 } } }`, "require_approval nearly", "nearly spent"],
    [
      `{ ${model}, time: 2026-11-20T03:00:00Z, budgets: { daily: { spent: $4.95 } } }`,
      "deny night",
      "at night",
    ],
    ["{ action: { kind: llm, name: big } }", "deny nearly", "subject.user is missing"],
    [
      "{ action: { kind: llm, name: nobody-knows }, subject: { user: alice } }",
      "deny daily.soft",
      "no price is known",
    ],
    [
      '{ action: { kind: llm, name: nobody-knows, amounts: ["$0.18"] }, subject: { user: alice } }',
      "allow null",
      "",
    ],
    [`{ ${tool} }`, "allow null", ""],
    [`{ ${tool}, budgets: { tools: { spent: 10 calls } } }`, "stop tools", '"tools"'],
    [`{ ${tool}, budgets: { clerks: { spent: 2 calls, held: 1 calls } } }`, "deny clerks", '"clerks"'],
    [`{ ${tool}, budgets: { asks: { spent: $0.80 } } }`, "require_approval asks", '"asks"'],
    ["{ action: { kind: tool, name: paid_search } }", "deny clerks", "needs the subject's role"],
  ])("%s: %s", async (text, answer, reason) => {
    const [answered, why] = await answerOf(text);
    expect(answered).toBe(answer);
    expect(why).toContain(reason);
  });

  it("passes when the budget that it names decides it", async () => {
    const cases = readCases(`cases:
  - { ${model}, budgets: { daily: { spent: $4.95 } }, expect: deny, rule: daily }
  - { ${model}, budgets: { daily: { spent: $4.95 } }, expect: deny, rule: night }
  - { ${model}, budgets: { daily: { spent: $4.95 } }, expect: allow }
`);
    const { results, failed } = await testPolicy(policy, cases);
    expect(results.map(({ passed }) => passed)).toEqual([true, false, false]);
    expect(failed).toBe(2);
  });

  it("is explained by what decided it, with the rules that were asked before", async () => {
    const [each] = readCases(`{ ${model}, budgets: { daily: { spent: $4.95 } } }`);
    const { by, verdict, rules } = await explainCase(policy, each as NonNullable<typeof each>);
    expect([by, verdict.decision, verdict.rule]).toEqual(["budgets", "deny", "daily"]);
    expect(rules.map(({ rule, answer }) => `${rule} ${answer}`)).toEqual([
      "nearly not matched",
      "night not matched",
    ]);
  });

  it.each([
    ["dayly: { spent: $1.00 }", 'the policy has no budget "dayly"; did you mean "daily"?'],
    [
      "other-thing: { spent: $1.00 }",
      'the policy has no budget "other-thing"; there are asks, clerks, daily, daily.soft, tools',
    ],
    [
      "daily: { spent: 5 calls }",
      'budget "daily" is in usd, and stands in calls here; write an amount in usd',
    ],
  ])("that says %s is refused by its line", async (stands, message) => {
    const cases = readCases(`cases:\n  - { ${model} }\n  - { ${model}, budgets: { ${stands} } }\n`);
    await expect(testPolicy(policy, cases)).rejects.toThrow(InvalidPolicy);
    await expect(testPolicy(policy, cases)).rejects.toThrow(`case:3:1: ${message}`);
  });
});
