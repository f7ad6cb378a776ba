import { gateBudget, guard, memoryLedger } from "@tollgate/core";
import { denyTools, evaluator } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import { costing, dollars, gateFixture, nano, tool } from "./gate-fixture.ts";

describe("shadow mode", () => {
  it("lets everything through and records what it would have decided", async () => {
    const { gate, money, receipts, check } = gateFixture({
      mode: "shadow",
      budgets: [
        dollars("$1"),
        dollars("$0.50", { id: "soft", then: "degrade", degrade: { model: "small" } }),
      ],
      evaluators: [denyTools(["shell"])],
    });
    const run = gate.run();
    for (let call = 0; call < 3; call++) {
      const decision = await gate.decide(costing("$0.40"), { run });
      expect(decision.outcome).toBe("allow");
      expect(decision.action.name).toBe("big");
      await decision.permit?.settle();
    }
    expect(await guard(run, tool("shell"), () => "ran")).toBe("ran");
    expect(await money("money")).toEqual({ spent: nano("1.20"), held: 0n });
    const decisions = (await receipts()).flatMap(({ body }) =>
      body.type === "decision"
        ? [`${body.decision.mode} ${body.decision.outcome} ${body.decision.code}`]
        : [],
    );
    expect(decisions).toEqual([
      "shadow allow allowed",
      "shadow degrade degraded",
      "shadow deny budget_exceeded",
      "shadow deny policy_denied",
    ]);
    await check();
  });

  it("tells the caller what it would have been", async () => {
    const { gate } = gateFixture({ mode: "shadow", budgets: [dollars("$1", { then: "stop" })] });
    const run = gate.run();
    const decision = await gate.decide(costing("$2"), { run });
    expect(decision).toMatchObject({
      outcome: "allow",
      shadow: { outcome: "deny", code: "budget_exceeded" },
    });
    expect(run.stopped).toBeNull();
    await gateBudget(run, costing("$2"));
  });

  it("asks nobody for approval", async () => {
    const { gate } = gateFixture({
      mode: "shadow",
      evaluators: [evaluator("ask", () => ({ decision: "require_approval", reason: "always" }))],
    });
    const decision = await gate.decide(tool("pay"));
    expect(decision).toMatchObject({ outcome: "allow", shadow: { outcome: "require_approval" } });
    expect(await gate.approvals.list({ status: "all" })).toEqual([]);
  });

  it("changes nothing when ledger or log fail", async () => {
    const sound = memoryLedger();
    const { gate } = gateFixture({
      mode: "shadow",
      budgets: [dollars("$1")],
      ledger: Object.assign(Object.create(sound), {
        ...sound,
        reserve: () => {
          throw new Error("gone");
        },
      }),
      log: {
        append: () => Promise.reject(new Error("full")),
        head: () => null,
        read: async function* () {},
      },
    });
    expect(await guard(gate, costing("$1"), () => "ran")).toBe("ran");
  });

  it("changes nothing for a caller who uses a key twice", async () => {
    const { gate } = gateFixture({ mode: "shadow", budgets: [dollars("$1")] });
    const run = gate.run();
    const keyed = { ...tool("pay", { to: "bob" }), key: "task" };
    const calls = [keyed, keyed, { ...keyed, params: { to: "eve" } }];
    const results = await Promise.all(calls.map((action) => guard(run, action, () => "ran")));
    expect(results).toEqual(["ran", "ran", "ran"]);
  });
});
