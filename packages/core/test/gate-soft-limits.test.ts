import { denyModels, evaluator } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import { costing, dollars, gateFixture, llm, nano } from "./gate-fixture.ts";

const softThenHard = [
  dollars("$5", { id: "soft", then: "degrade", degrade: { model: "small" } }),
  dollars("$10", { id: "hard" }),
];

/** 100,000 output tokens at most: $2 of "big", $0.20 of "small". */
const large = llm({ inputTokens: 0, maxOutputTokens: 100_000 });

describe("soft limits and degrades", () => {
  it("degrades to a cheaper model above the soft limit, and denies above the hard one", async () => {
    const { gate, money, decisions, receipts, check } = gateFixture({ budgets: softThenHard });
    const run = gate.run();
    const models: string[] = [];
    for (;;) {
      const decision = await gate.decide(large, { run, accepts: ["model"] });
      if (decision.permit === null) break;
      models.push(decision.permit.action.name);
      await decision.permit.settle({ usage: { inputTokens: 0, outputTokens: 100_000 } });
    }
    // Two of "big" for $4, then "small" for $0.20 each until $10 are spent.
    expect(models.slice(0, 3)).toEqual(["big", "big", "small"]);
    expect(models).toHaveLength(2 + 30);
    expect(await money("hard")).toEqual({ spent: nano("10"), held: 0n });
    expect(await money("soft")).toEqual({ spent: nano("10"), held: 0n });
    expect((await decisions()).at(-1)).toBe("deny budget_exceeded");
    const degraded = (await receipts()).find(
      ({ body }) => body.type === "decision" && body.decision.outcome === "degrade",
    );
    expect(degraded?.body).toMatchObject({ replaced: "small", enforced: expect.stringMatching(/^sha256:/) });
    await check();
  });

  it("denies a degrade that the caller cannot apply", async () => {
    const { gate, money } = gateFixture({ budgets: softThenHard });
    const decision = await gate.decide(costing("$6"), { accepts: ["maxOutputTokens"] });
    expect(decision).toMatchObject({ outcome: "deny", code: "degrade_failed" });
    expect(decision.reason).toContain("changes model");
    expect(await money("hard")).toEqual({ spent: 0n, held: 0n });
  });

  it("judges the rewritten action again: a degrade does not get around a deny list", async () => {
    const { gate } = gateFixture({ budgets: softThenHard, evaluators: [denyModels(["small"])] });
    const decision = await gate.decide(costing("$6"), { accepts: ["model"] });
    expect(decision).toMatchObject({ outcome: "deny", code: "policy_denied" });
  });

  it("rewrites parameters and output limit as an evaluator says, and prices what is enforced", async () => {
    const { gate, money } = gateFixture({
      budgets: [dollars("$10")],
      evaluators: [
        evaluator("frugal", () => ({
          decision: "degrade",
          patch: { maxOutputTokens: 10, params: { temperature: 0 } },
          reason: "be brief",
        })),
      ],
    });
    const decision = await gate.decide(
      llm({ maxOutputTokens: 1000, params: { prompt: "hi", temperature: 1 } }),
      { accepts: ["maxOutputTokens", "params"] },
    );
    expect(decision).toMatchObject({ outcome: "degrade", code: "degraded", rewritten: true });
    expect(decision.permit?.action).toMatchObject({
      maxOutputTokens: 10,
      params: { prompt: "hi", temperature: 0 },
    });
    // 10 x $20/M and 16 x $10/M: {"prompt":"hi","temperature":0} has 31 bytes, half a token each.
    expect((await money("money")).held).toBe(nano("0.00036"));
  });

  it("denies a degrade that never comes to rest", async () => {
    let round = 0;
    const { gate } = gateFixture({
      evaluators: [
        evaluator("restless", () => ({
          decision: "degrade",
          patch: { params: { round: round++ } },
          reason: "again",
        })),
      ],
    });
    const decision = await gate.decide(llm(), { accepts: ["params"] });
    expect(decision).toMatchObject({ outcome: "deny", code: "degrade_failed" });
  });

  it("skips above a soft limit that says so, holding nothing", async () => {
    const { gate, money } = gateFixture({ budgets: [dollars("$1", { then: "skip" })] });
    const decision = await gate.decide(costing("$2"));
    expect(decision).toMatchObject({ outcome: "skip", code: "skipped", permit: null });
    expect(await money("money")).toEqual({ spent: 0n, held: 0n });
  });

  it("asks for approval above a soft limit, and tracks the money once it is granted", async () => {
    const { gate, money, check } = gateFixture({
      budgets: [dollars("$1", { id: "soft", then: "require_approval" }), dollars("$10", { id: "hard" })],
    });
    const run = gate.run();
    const asked = await gate.decide(costing("$2"), { run });
    expect(asked).toMatchObject({ outcome: "require_approval", code: "approval_required" });
    await gate.approvals.grant(asked.approval?.id ?? "", { by: "carol" });
    const granted = await gate.decide(costing("$2"), { run });
    expect(granted.outcome).toBe("allow");
    expect(await money("soft")).toEqual({ spent: 0n, held: nano("2") });
    expect((await gate.decide(costing("$9"), { run })).code).toBe("budget_exceeded");
    await check();
  });
});
