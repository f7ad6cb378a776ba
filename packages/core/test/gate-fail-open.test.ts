import { gateBudget } from "@tollgate/core";
import { composite, denyTools, evaluator } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import { costing, dollars, type GateFixture, gateFixture, llm, tool } from "./gate-fixture.ts";

const flaky = evaluator("flaky", () => Promise.reject(new Error("a prompt that no receipt may quote")));
const failure = "open";
const told = 'evaluator_failed: evaluator "flaky" threw';

/** What the receipts say failed, decision by decision. */
async function failures(fixture: GateFixture): Promise<unknown[]> {
  return (await fixture.receipts()).flatMap(({ body }) =>
    body.type === "decision" ? [body.decision.failure] : [],
  );
}

describe("a gate that fails open", () => {
  it("still asks the evaluators after the one that failed", async () => {
    const fixture = gateFixture({ failure, evaluators: [flaky, denyTools(["rm"])] });
    expect(await fixture.gate.decide(tool("rm"))).toMatchObject({ outcome: "deny", code: "policy_denied" });
    expect(await fixture.gate.decide(tool("ls"))).toMatchObject({ outcome: "allow", code: "allowed" });
    expect(await failures(fixture)).toEqual([told, told]);
    await fixture.check();
  });

  it("still asks for the approval that another evaluator wants, and lets its grant through", async () => {
    const careful = evaluator("careful", () => ({ decision: "require_approval", reason: "payments" }));
    const fixture = gateFixture({ failure, evaluators: [careful, flaky] });
    const run = fixture.gate.run();
    const asked = await fixture.gate.decide(tool("pay"), { run });
    expect(asked).toMatchObject({ outcome: "require_approval", code: "approval_required" });
    await fixture.gate.approvals.grant(asked.approval?.id ?? "", { by: "carol" });
    await (await gateBudget(run, tool("pay"))).settle();
    expect((await failures(fixture)).at(-1)).toBe(told);
    await fixture.check();
  });

  it("still rewrites the call and stops the run as the others say", async () => {
    const cheap = evaluator("cheap", ({ name }) =>
      name === "big"
        ? { decision: "degrade", reason: "save", patch: { model: "small" } }
        : { decision: "allow" },
    );
    const last = evaluator("last", ({ kind }) =>
      kind === "tool" ? { decision: "deny", reason: "enough", terminal: true } : { decision: "allow" },
    );
    const fixture = gateFixture({ failure, evaluators: [cheap, flaky, last] });
    const run = fixture.gate.run();
    const degraded = await fixture.gate.decide(llm(), { run, accepts: ["model"] });
    expect(degraded).toMatchObject({ outcome: "degrade", action: { name: "small" } });
    expect(await failures(fixture)).toEqual([told]);
    expect(await fixture.gate.decide(tool("ls"), { run })).toMatchObject({ outcome: "deny", terminal: true });
    expect(run.stopped).not.toBeNull();
    await fixture.check();
  });

  it("still holds the money, and its receipt names who failed but not the error", async () => {
    const fixture = gateFixture({
      failure,
      budgets: [dollars("$5")],
      evaluators: [composite("house", [flaky])],
    });
    const permit = await gateBudget(fixture.gate, costing("$1"));
    expect((await fixture.money("money")).held).toBe(1_000_000_000n);
    await permit.settle();
    expect(await failures(fixture)).toEqual(['evaluator_failed: evaluator "house/flaky" threw']);
    expect(JSON.stringify(await fixture.receipts())).not.toContain("a prompt");
    await fixture.check();
  });
});

describe("a gate that fails closed", () => {
  it("denies when an evaluator fails, whatever those after it would say", async () => {
    const fixture = gateFixture({ evaluators: [flaky, denyTools(["rm"])] });
    for (const name of ["rm", "ls"]) {
      expect(await fixture.gate.decide(tool(name))).toMatchObject({ code: "evaluator_failed" });
    }
    await fixture.check();
  });
});
