import { describe, expect, it } from "vitest";
import { ask, scopeOf } from "./expression-fixture.ts";
import { actionOf, contextOf, gateOf, policyOf } from "./policy-fixture.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe("what the conditions of one decision may cost", () => {
  it("is bounded over all of them: a thousand of them cost no more than one", async () => {
    const rules = numbers(1_000).map(
      (index) =>
        `  - { id: r${String(index).padStart(4, "0")}, when: 'params.list.all(x, x >= -${index})', then: allow }`,
    );
    const policy = policyOf(`rules:\n${rules.join("\n")}`);
    const action = actionOf({ params: { list: [...numbers(20_000)] } });
    const { verdict, rules: asked } = await policy.explain(action, contextOf());
    expect(verdict).toMatchObject({
      decision: "deny",
      rule: "r0009",
      reason: expect.stringContaining("1000000 steps"),
    });
    expect(asked.map(({ answer }) => answer).filter((answer) => answer === "matched")).toHaveLength(9);
    expect(asked.at(-1)).toMatchObject({ rule: "r0999", answer: "failed" });
  });

  it("is bounded over all judgings of a decision: what a degrade makes of it has no steps of its own", async () => {
    const decide = async (items: number): Promise<string> => {
      const { gate } = gateOf(
        policyOf(`
rules:
  - { id: cheaper, when: action.name == "dear", then: { degrade: { model: cheap } }, reason: cheaper }
  - { id: all, when: 'params.list.all(x, x >= 0)', then: allow }
prices: { unknown: allow }
`),
      );
      const params = { list: numbers(items) };
      const input = { kind: "llm", name: "dear", params } as const;
      const first = await gate.decide(input, { accepts: ["model"] });
      // Another decision begins anew.
      const second = await gate.decide(input, { accepts: ["model"] });
      expect([second.outcome, second.reason]).toEqual([first.outcome, first.reason]);
      return `${first.outcome} ${first.reason}`;
    };
    // 4 steps for each item and judging.
    expect(await decide(100_000)).toMatch(/^degrade /);
    expect(await decide(140_000)).toMatch(/^deny .*more than 1000000 steps/);
  });

  it("is not used up by whoever only has it explained", async () => {
    const policy = policyOf("rules: [{ id: all, when: 'params.list.all(x, x >= 0)', then: allow }]");
    const action = actionOf({ params: { list: [...numbers(120_000)] } });
    for (let time = 0; time < 3; time++) {
      expect((await policy.explain(action, contextOf())).verdict.decision).toBe("allow");
    }
  });

  it.each([
    ["params.list.exists(x, x.y == 1)", "a member that is not there, for each item"],
    ["params.list.exists(x, params.none == 1 || params.none == 2)", "what the other side makes up for"],
    ["params.list.exists(x, int(params.text) == 1)", "a text that is no number"],
    [
      "params.list.exists(x, params.text.contains('aaaaaaaaaaaaaaab'))",
      "a part that nearly fits at each place",
    ],
    ["params.list.exists(x, params.text > params.text + 'b')", "texts that differ at their ends"],
    ["params.list.exists(x, params.text.lowerAscii() == 'b')", "letters' case"],
    ["params.list.exists(x, 'b' in params.texts)", "a list that is looked through"],
  ])("counts %s: %s", (source) => {
    const params = {
      list: numbers(100_000),
      text: "a".repeat(100_000),
      texts: Array.from({ length: 100 }, () => "a"),
    };
    expect(ask(source, params)).toMatch(/more than 1000000 steps/);
  });

  it("counts each part of a condition, also where it looks at nothing long", () => {
    const long = numbers(60)
      .map((index) => `params.a == ${index}`)
      .join(" || ");
    expect(ask(long, { a: 59 }, scopeOf({}, 100))).toMatch(/100 steps/);
    expect(ask(long, { a: 59 }, scopeOf({}, 500))).toBe(true);
  });

  it("leaves room for what policies ask of a long prompt", () => {
    const prompt = "Please summarise the following invoice. ".repeat(10_000);
    const scope = scopeOf();
    for (const source of [
      "params.prompt.lowerAscii().contains('drop table')",
      "params.prompt.matches('(?i)(password|secret)s?:')",
      "size(params.prompt) > 400000",
    ]) {
      expect(ask(source, { prompt }, scope), source).toBe(false);
    }
  });

  it("leaves room for a hundred patterns beside one another, and for three hundred parts of a prompt", async () => {
    const prompt = "Please summarise the invoice of Acme Ltd. for Robert, due 2026-11-20: 14 chairs. ".repeat(
      12,
    );
    const decide = async (conditions: readonly string[]) => {
      const rules = conditions.map(
        (when, index) => `  - { id: r${index}, when: "${when}", then: deny, reason: no }`,
      );
      const policy = policyOf(`rules:\n${rules.join("\n")}`);
      return (await policy.explain(actionOf({ params: { prompt } }), contextOf())).verdict.decision;
    };
    const patterns = numbers(100).map((index) => `params.prompt.matches('(?i)(password|secret)${index}')`);
    expect(await decide(patterns)).toBe("allow");
    expect(await decide(numbers(300).map((index) => `params.prompt.contains('secret-${index}')`))).toBe(
      "allow",
    );
  });
});
