import { PolicyEngine, type PolicyRule } from "@microsoft/agent-governance-sdk";
import { createGate } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { agtEvaluator, lintAgtEngine, lintAgtPolicy } from "../src/index.ts";
import { engineOf, rule } from "./engine.ts";
import { decide } from "./gate-with.ts";

type Default = "allow" | "deny";

function engineWith(...policies: readonly (readonly [string, readonly string[], Default | undefined])[]) {
  const engine = new PolicyEngine();
  for (const [name, agents, byDefault] of policies) {
    engine.loadPolicy({
      name,
      agents: [...agents],
      rules: [rule(`${name}-rule`, "tool == 'x'", "deny")],
      ...(byDefault === undefined ? {} : { default_action: byDefault }),
    });
  }
  return engine;
}

const lost = /policy "strict": its default_action deny is not looked at: that of policy "house" counts/;

describe("of several policies AGT takes the default of the first", () => {
  it("so that one that denies by default is refused after one that allows", () => {
    const engine = engineWith(["house", ["*"], "allow"], ["strict", ["bot"], "deny"]);
    expect(engine.evaluatePolicy("bot", { tool: "pay" }).allowed).toBe(true);
    expect(() => agtEvaluator(engine)).toThrow(lost);
  });

  it("and is taken before it, for other agents, and where both say the same", () => {
    expect(lintAgtEngine(engineWith(["strict", ["*"], "deny"], ["house", ["*"], "allow"]))).toEqual([]);
    expect(lintAgtEngine(engineWith(["house", ["eve"], "allow"], ["strict", ["bot"], "deny"]))).toEqual([]);
    expect(lintAgtEngine(engineWith(["house", ["*"], "allow"], ["more", ["*"], undefined]))).toEqual([]);
    expect(lintAgtEngine(engineWith(["house", ["*"], "allow"], ["more", ["*"], "allow"]))).toEqual([]);
  });
});

describe("what AGT does not look at in a policy", () => {
  it.each([[{ agent: "*" }], [{ agents: ["finance-*"] }]])("%j holds for nobody", (whom) => {
    const policy = { name: "p", rules: [rule("r", undefined, "deny")], ...whom };
    const engine = engineOf();
    engine.loadPolicy(policy);
    expect(engine.evaluatePolicy("finance-bot", { tool: "pay" }).allowed).toBe(true);
    expect(lintAgtPolicy(policy)).toMatchObject([{ where: 'policy "p"', problem: /holds for nobody/ }]);
  });

  it("surfaces limit no rule to them", () => {
    const policy = { name: "p", rules: [rule("r", "tool == 'pay'", "allow", { surfaces: ["cli"] })] };
    const engine = new PolicyEngine();
    engine.loadPolicy(policy);
    expect(engine.evaluatePolicy("bot", { tool: "pay", surface: "api" }).allowed).toBe(true);
    expect(() => agtEvaluator(engine)).toThrow(/rule "r": `surfaces` is not looked at/);
  });
});

describe("an agent without a name", () => {
  it.each([[null], [""], [7], [{}]])("does not slip past a policy that names agents: %j", async (id) => {
    const engine = engineOf();
    engine.loadPolicy({ name: "other", agents: ["bot"], rules: [rule("r", undefined, "deny")] });
    expect((await decide(engine, {}, { agentId: () => id as never })).reason).toBe(
      "AGT_DENY: subject.agent is missing",
    );
  });
});

describe("flat rules", () => {
  const flat = (...rules: readonly object[]): PolicyEngine => new PolicyEngine(rules as PolicyRule[]);
  const open = { action: "*", effect: "allow" };

  it.each(["RM", " rm", "\uff52m", "r\u200bm"])("do not let %j past a deny of rm", async (name) => {
    const engine = flat({ action: "rm", effect: "deny" }, open);
    expect(engine.evaluate(name, {})).toBe("allow");
    expect((await decide(engine, {}, {}, name)).reason).toBe(
      "AGT_DENY: rule number 1 (\"rm\"): the action is 'rm' but for case, width or spaces",
    );
  });

  it("nor past one of all that begins so", async () => {
    const engine = flat({ action: "db.*", effect: "deny" }, open);
    for (const name of ["DB", "DB.drop", "db.drop"]) {
      expect((await decide(engine, {}, {}, name)).outcome).toBe("deny");
    }
    expect((await decide(engine, {}, {}, "dbx.drop")).outcome).toBe("allow");
  });

  it("compare what a condition names as it is written", async () => {
    const engine = flat({ action: "*", effect: "deny", conditions: { role: "guest" } }, open);
    const gate = createGate({ evaluators: [agtEvaluator(engine)], subject: { agent: "bot" } });
    const as = async (role: string | undefined): Promise<string> =>
      (await gate.decide({ kind: "tool", name: "t" }, { subject: given(role) })).outcome;
    expect(await as("guest")).toBe("deny");
    expect(await as("Guest")).toBe("deny");
    expect(await as("clerk")).toBe("allow");
    expect(await as(undefined)).toBe("allow");
  });

  it("raise no doubt about what another rule decided before", async () => {
    const engine = flat({ action: "RM", effect: "allow" }, { action: "rm", effect: "deny" }, open);
    expect((await decide(engine, {}, {}, "RM")).outcome).toBe("allow");
    expect((await decide(engine, {}, {}, "ls")).outcome).toBe("allow");
    expect((await decide(engine, {}, {}, "rm")).outcome).toBe("deny");
  });

  it("are looked over again when one is added", async () => {
    const engine = flat({ action: "ls", effect: "allow" });
    const gate = createGate({ evaluators: [agtEvaluator(engine)], subject: { agent: "bot" } });
    const ls = async (): Promise<string> => (await gate.decide({ kind: "tool", name: "LS" })).reason;
    expect(await ls()).toMatch(/rule number 1 \("ls"\)/);
    engine.addRule(open as PolicyRule);
    expect(await ls()).toMatch(/rule number 1 \("ls"\)/);
    expect((await gate.decide({ kind: "tool", name: "cat" })).outcome).toBe("allow");
  });
});

function given(role: string | undefined): { role?: string } {
  return role === undefined ? {} : { role };
}
