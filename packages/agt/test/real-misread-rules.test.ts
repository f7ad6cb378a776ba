import { PolicyEngine, type PolicyRule } from "@microsoft/agent-governance-sdk";
import { InvalidConfig } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { agtEvaluator, lintAgtPolicy } from "../src/index.ts";
import { engineOf, rule } from "./engine.ts";
import { decide, gateWith } from "./gate-with.ts";

const refuses = (engine: PolicyEngine, problem: RegExp): void =>
  expect(() => agtEvaluator(engine)).toThrow(
    expect.objectContaining({ constructor: InvalidConfig, message: expect.stringMatching(problem) }),
  );

describe("trap 1: conditions that AGT cannot parse never fire", () => {
  it.each([
    "(tool=='x')",
    "not params.safe",
    "params.amount > -1",
    "params.cmd contains 'rm'",
    "tool == 'a' AND user == 'b'",
  ])("%s is refused when the evaluator is made", (condition) =>
    refuses(engineOf(rule("stop", condition, "deny")), /policy "house", rule "stop": never fires/),
  );

  it("names every rule that is wrong, and a field that no call has", () => {
    const engine = engineOf(rule("one", "(x)", "deny"), rule("two", "tol == 'pay'", "deny"));
    refuses(engine, /rule "one": .*parentheses.*rule "two": no call has a field tol: there are tool, /);
    engine.clearPolicies();
    engine.loadPolicy({ name: "p", rules: [rule("two", "risk.score > 3", "deny")] });
    expect(() => agtEvaluator(engine, { fields: ["risk"] })).not.toThrow();
  });

  it("loaded later, they deny everything until they are gone", async () => {
    const engine = engineOf(rule("ok", "tool == 'rm'", "deny"));
    const gate = gateWith(engine);
    const pay = () => gate.decide({ kind: "tool", name: "pay" });
    expect((await pay()).outcome).toBe("allow");
    engine.loadPolicy({ name: "more", rules: [rule("late", "(tool == 'pay')", "deny")] });
    expect(await pay()).toMatchObject({
      outcome: "deny",
      reason: expect.stringMatching(/^AGT_DENY: .*"late".*parentheses/),
    });
    engine.removePolicy("more");
    expect((await pay()).outcome).toBe("allow");
    const [held] = engine.getPolicy("house")?.rules ?? [];
    if (held !== undefined) held.condition = "not tool";
    expect((await pay()).outcome).toBe("deny");
    if (held !== undefined) held.condition = "tool == 'pay'";
    expect(await pay()).toMatchObject({ reason: "AGT_DENY: Rule ok matched" });
  });

  it("in flat rules, too", () => {
    const flat = (...rules: object[]) => new PolicyEngine(rules as PolicyRule[]);
    refuses(flat({ action: "send_*", effect: "deny" }), /never fires: an action is a whole name/);
    refuses(flat({ effect: "deny" }), /it has no action/);
    refuses(
      flat({ action: "pay", effect: "deny", condition: "tool == 'pay'" }),
      /a condition in text is for rich/,
    );
    refuses(
      flat({ action: "pay", effect: "deny", conditions: { "params.amount": 5 } }),
      /no call has a field params.amount/,
    );
    refuses(flat({ action: "pay", effect: "deny", conditions: { role: ["a"] } }), /equals nothing/);
    refuses(
      flat({ action: "*", effect: "allow" }, { action: "pay", effect: "deny" }),
      /the rule for "\*" comes first/,
    );
    refuses(
      flat({ action: "db.*", effect: "allow" }, { action: "db.drop", effect: "deny" }),
      /"db\.\*" comes first/,
    );
    expect(() =>
      agtEvaluator(
        flat(
          { action: "db.*", effect: "allow", conditions: { role: "a" } },
          { action: "db.drop", effect: "deny" },
        ),
      ),
    ).not.toThrow();
  });
});

describe("trap 2: rich policies do not look at a rule's action", () => {
  it("so that a rule with one is refused", () => {
    refuses(
      engineOf(rule("pay", "params.amount > 1", "allow", { action: "pay" })),
      /`action` is not looked at in rich/,
    );
  });

  it("and the flat rules of the same engine are asked too: the stricter answer counts", async () => {
    const engine = engineOf();
    engine.addRule({ action: "pay", effect: "review" });
    engine.addRule({ action: "search", effect: "allow" });
    expect((await decide(engine, {})).outcome).toBe("require_approval");
    expect((await decide(engine, {}, {}, "search")).outcome).toBe("allow");
    expect(await decide(engine, {}, {}, "rm")).toMatchObject({ outcome: "deny", rules: ["agt/legacy"] });
    engine.loadPolicy({ name: "no", rules: [rule("search", "tool == 'search'", "deny", { priority: 1 })] });
    expect(await decide(engine, {}, {}, "search")).toMatchObject({
      outcome: "deny",
      rules: ["agt/no/search"],
    });
  });

  it("and an engine with neither is refused, and denies when it has become so", async () => {
    refuses(new PolicyEngine(), /neither a policy nor a rule/);
    const engine = engineOf();
    const gate = gateWith(engine);
    engine.clearPolicies();
    expect((await gate.decide({ kind: "tool", name: "pay" })).outcome).toBe("deny");
  });
});

describe("trap 4: rules written as for AGT in Python", () => {
  const python = `
name: house
default_action: allow
rules:
  - name: cap
    condition: { field: amount, operator: gt, value: 100 }
    action: deny
  - name: small
    conditions: { tool: pay }
    action: allow
`;

  it("are refused as loaded from YAML, with what to write", () => {
    const engine = new PolicyEngine();
    engine.loadYaml(python);
    refuses(
      engine,
      /rule "cap": `action: deny` means deny here: write ruleAction; .*AGT does not read objects.*rule "small": `action: allow`/,
    );
  });

  it("are refused before they are loaded, with what loading would drop", () => {
    const policy = { name: "p", rules: [{ name: "r", conditions: { tool: "x" }, ruleAction: "allow" }] };
    expect(lintAgtPolicy(policy)).toContainEqual({
      where: 'policy "p", rule "r"',
      problem: "`conditions` is not looked at in rich policies: write `condition` as text",
    });
    const engine = new PolicyEngine();
    engine.loadJson(JSON.stringify(policy));
    refuses(engine, /rule "r": allows everything without a condition/);
  });

  it.each<[object, RegExp]>([
    [{ name: "r" }, /has no ruleAction, which means deny/],
    [{ name: "r", ruleAction: "Allow" }, /is allow, deny or require_approval/],
    [{ name: "r", effect: "review" }, /is allow, deny or require_approval/],
    [{ name: "r", ruleAction: "deny", enabled: "no" }, /enabled is true or false/],
    [{ name: "r", ruleAction: "deny", priority: "high" }, /priority is a number/],
    [{ name: "r", ruleAction: "require_approval", approvers: "cfo" }, /approvers is a list/],
    [{ ruleAction: "deny" }, /rule number 1: has no name/],
  ])("%j is refused", (bad, problem) => {
    expect(
      lintAgtPolicy({ name: "p", rules: [bad] })
        .map(({ where, problem: what }) => `${where}: ${what}`)
        .join("; "),
    ).toMatch(problem);
  });

  it.each([
    [{ rules: [] }],
    [{ name: "p" }],
    [{ name: "p", rules: [], default_action: "maybe" }],
    [{ name: "p", rules: [], scope: "all" }],
    [null],
  ])("the policy %j is refused", (policy) => expect(lintAgtPolicy(policy)).not.toEqual([]));
});

describe("trap 5: warn and log deny in 4.0.0", () => {
  it.each(["warn", "log"] as const)("%s is refused", (action) => {
    refuses(
      engineOf(rule("note", "tool == 'pay'", action)),
      new RegExp(`${action} denies in AGT 4.0.0: write allow or deny`),
    );
  });
});

describe("trap 6: limits are counted by the rule's name alone", () => {
  const often = { limit: "2/hour" };

  it("so that two rules of one name are refused, and rules without a name", () => {
    refuses(
      engineOf(rule("a", "tool == 'x'", "allow", often), rule("a", "tool == 'y'", "allow")),
      /shares its name/,
    );
    const engine = engineOf(rule("a", "tool == 'x'", "allow", often));
    engine.loadPolicy({ name: "more", rules: [rule("a", "tool == 'y'", "allow", often)] });
    refuses(engine, /policy "more", rule "a": shares the count of its limit/);
    refuses(
      engineOf({ condition: "tool == 'x'", ruleAction: "allow", ...often }),
      /would not count it against its limit/,
    );
  });

  it.each(["0/hour", "many", "5/min", "-1/day", "5"])(
    "the limit %s, which AGT reads as another, is refused",
    (limit) => {
      refuses(engineOf(rule("a", "tool == 'x'", "allow", { limit })), /limit is a count above 0/);
    },
  );

  it("a limit that holds denies", async () => {
    const gate = gateWith(engineOf(rule("a", "tool == 'pay'", "allow", often)));
    const outcomes = [];
    for (let call = 0; call < 3; call++)
      outcomes.push((await gate.decide({ kind: "tool", name: "pay" })).reason);
    expect(outcomes).toEqual([
      "no evaluator objected",
      "no evaluator objected",
      "AGT_DENY: Rate limited: 2/hour",
    ]);
  });
});
