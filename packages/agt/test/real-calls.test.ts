import {
  AgentIdentity,
  IdentityRegistry,
  KillSwitch,
  LifecycleManager,
} from "@microsoft/agent-governance-sdk";
import { createGate, gateBudget } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { type AgtEvaluatorOptions, agtEvaluator } from "../src/index.ts";
import { engineOf, rule } from "./engine.ts";
import { decide, gateWith } from "./gate-with.ts";

describe("trap 3: values of another type, in other case or missing", () => {
  const amounts = engineOf(rule("small", "tool == 'pay' and params.amount <= 100", "allow"));

  it.each([[null], [[]], [""], [true], ["18"], ["a lot"], [{}]])(
    "an amount of %j is no number",
    async (amount) => {
      expect(await decide(amounts, { amount })).toMatchObject({
        outcome: "deny",
        reason: expect.stringMatching(
          /^AGT_DENY: policy "house", rule "small": params.amount is compared with a number, and is /,
        ),
      });
    },
  );

  it("numbers are compared, a missing one fires nothing, and other tools are not asked for one", async () => {
    const engine = engineOf(rule("large", "tool == 'pay' and params.amount > 100", "deny"));
    expect((await decide(engine, { amount: 101 })).outcome).toBe("deny");
    expect((await decide(engine, { amount: 100 })).outcome).toBe("allow");
    expect((await decide(engine, {})).outcome).toBe("allow");
    expect((await decide(engine, { amount: "101" }, {}, "search")).outcome).toBe("allow");
  });

  it.each([
    ["params.cmd != 'rm'", { cmd: "RM" }, /but for case/],
    ["params.cmd != 'rm'", { cmd: " rm" }, /or spaces/],
    ["params.cmd != 'rm'", { cmd: "\uff52m" }, /but for/],
    ["params.cmd != 'rm'", { cmd: "r\u200bm" }, /but for/],
    ["params.cmd != 'rm'", { cmd: "rm\u0000" }, /but for/],
    ["params.cmd != 'rm'", { cmd: "r\ufe0fm" }, /but for/],
    ["params.cmd != 'rm'", {}, /is missing/],
    ["params.cmd != 'rm'", { cmd: null }, /is missing/],
    ["params.cmd != 'rm'", { cmd: ["rm"] }, /is a list/],
    ["params.cmd not in ['rm', 'dd']", { cmd: "Dd" }, /but for/],
    ["params.cmd not in ['rm', 'dd']", {}, /is missing/],
    ["params.cmd in ['ls']", { cmd: ["ls"] }, /is a list/],
    ["params.count != 3", {}, /is missing/],
    ["params.safe == true", { safe: "true" }, /true or false, and is of type string/],
    ["params.safe", { safe: "false" }, /taken for true or false/],
    ["params.constructor", {}, /inherited/],
    ["params.safe.toString", { safe: {} }, /inherited/],
  ])("%s does not let %j through", async (condition, params, why) => {
    const engine = engineOf(rule("open", condition, "allow"));
    expect(await decide(engine, params)).toMatchObject({
      outcome: "deny",
      reason: expect.stringMatching(why),
    });
  });

  it("a text that differs in more is another, however long it is", async () => {
    const engine = engineOf(rule("open", "params.cmd != 'rm'", "allow"));
    for (const cmd of ["rmdir", "r m", "x".repeat(100_000)]) {
      expect((await decide(engine, { cmd })).outcome).toBe("allow");
    }
  });

  it("a rule for another agent raises no doubt", async () => {
    const engine = engineOf();
    engine.loadPolicy({ name: "other", agents: ["eve"], rules: [rule("r", "params.amount > 1", "deny")] });
    expect((await decide(engine, { amount: "2" })).outcome).toBe("allow");
    expect((await decide(engine, { amount: "2" }, { agentId: () => "eve" })).outcome).toBe("deny");
  });

  it("a call without an agent does not slip past a policy that names some", async () => {
    const engine = engineOf();
    engine.loadPolicy({ name: "other", agents: ["eve"], rules: [rule("r", undefined, "deny")] });
    const gate = createGate({ evaluators: [agtEvaluator(engine)] });
    expect((await gate.decide({ kind: "tool", name: "pay" })).reason).toBe(
      "AGT_DENY: subject.agent is missing",
    );
  });
});

describe("trap 9: kill, quarantine and revocation change no decision of AGT's", () => {
  it("a killed agent is denied, and its run is stopped", async () => {
    const killSwitch = new KillSwitch();
    const gate = gateWith(engineOf(), { killSwitch });
    const run = gate.run({ agent: "bot" });
    await (await gateBudget(run, { kind: "tool", name: "pay" })).release("no");
    await killSwitch.kill("bot", { reason: "runaway" });
    const denied = await gate.decide({ kind: "tool", name: "pay" }, { run });
    expect(denied).toMatchObject({
      outcome: "deny",
      terminal: true,
      reason: "AGT_DENY: agent bot was killed",
    });
    expect(run.stopped).not.toBeNull();
    expect(
      (await gate.decide({ kind: "tool", name: "pay" }, { run: gate.run({ agent: "other" }) })).outcome,
    ).toBe("allow");
  });

  it("an agent without an active identity is denied", async () => {
    const identities = new IdentityRegistry();
    const identity = AgentIdentity.generate("bot");
    const options = { identities, agentId: () => identity.did };
    expect((await decide(engineOf(), {}, options)).reason).toMatch(/has no identity/);
    identities.register(identity);
    expect((await decide(engineOf(), {}, options)).outcome).toBe("allow");
    identity.suspend();
    expect(await decide(engineOf(), {}, options)).toMatchObject({ outcome: "deny", terminal: false });
    identities.revoke(identity.did, "leaked");
    expect(await decide(engineOf(), {}, options)).toMatchObject({ outcome: "deny", terminal: true });
  });

  it("an agent in quarantine, or that nobody knows, is denied", async () => {
    const manager = new LifecycleManager("bot");
    const options: AgtEvaluatorOptions = { lifecycle: (id) => (id === "bot" ? manager : undefined) };
    expect((await decide(engineOf(), {}, options)).reason).toBe("AGT_DENY: agent bot is provisioning");
    manager.activate();
    expect((await decide(engineOf(), {}, options)).outcome).toBe("allow");
    manager.quarantine("odd");
    expect((await decide(engineOf(), {}, options)).reason).toBe("AGT_DENY: agent bot is quarantined");
    expect((await decide(engineOf(), {}, { ...options, agentId: () => "x" })).reason).toMatch(
      /of no known state/,
    );
    const gate = createGate({ evaluators: [agtEvaluator(engineOf(), options)] });
    expect((await gate.decide({ kind: "tool", name: "pay" })).reason).toMatch(/subject.agent is missing/);
  });
});

describe("a review", () => {
  it("is a deny that an approval lifts, and asks those whom AGT names", async () => {
    const engine = engineOf(
      rule("large", "params.amount > 100", "require_approval", { approvers: ["cfo", "treasurer"] }),
    );
    const gate = createGate({
      evaluators: [agtEvaluator(engine)],
      subject: { agent: "bot" },
    });
    const run = gate.run();
    const pay = () => gate.decide({ kind: "tool", name: "pay", params: { amount: 500 } }, { run });
    const { outcome, approval, reason, rules } = await pay();
    expect([outcome, approval?.approver, reason, rules]).toEqual([
      "require_approval",
      "cfo, treasurer",
      "AGT_REVIEW: Rule large matched",
      ["agt/house/large"],
    ]);
    await gate.approvals.grant(approval?.id ?? "", { by: "cfo" });
    expect((await pay()).outcome).toBe("allow");
    expect((await pay()).outcome).toBe("require_approval");
  });
});
