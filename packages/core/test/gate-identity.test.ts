import { gateBudget, guard, IdempotencyConflict, memoryLedger } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { costing, dollars, gateFixture, llm, nano, tool } from "./gate-fixture.ts";

describe("identity of attempts", () => {
  it("makes 20 reservations for a 20-step loop with identical prompts", async () => {
    const { gate, money, decisions, check } = gateFixture({ budgets: [dollars("$20")] });
    const run = gate.run();
    for (let step = 0; step < 20; step++) await (await gateBudget(run, costing("$1"))).settle();
    expect(await decisions()).toHaveLength(20);
    expect(await money("money")).toEqual({ spent: nano("20"), held: 0n });
    await expect(gateBudget(run, costing("$1"))).rejects.toThrow(/\$0\.00 left of \$20\.00/);
    await check();
  });

  it("answers an open attempt with the same permit, holding nothing more", async () => {
    const { gate, money, decisions } = gateFixture({ budgets: [dollars("$5")] });
    const run = gate.run();
    const [first, second] = await Promise.all([
      gateBudget(run, costing("$1", { key: "task-1" })),
      gateBudget(run, costing("$1", { key: "task-1" })),
    ]);
    expect(await gateBudget(run, costing("$1", { key: "task-1" }))).toBe(first);
    expect(second).toBe(first);
    expect(await money("money")).toEqual({ spent: 0n, held: nano("1") });
    expect(await decisions()).toEqual(["allow allowed"]);
  });

  it("never runs a guarded attempt twice at a time", async () => {
    const { gate } = gateFixture();
    const run = gate.run();
    let calls = 0;
    const keyed = (): Promise<void> =>
      guard(run, { ...tool("pay", { to: "bob" }), key: "once" }, async () => {
        calls += 1;
        await new Promise((resolve) => setImmediate(resolve));
      });
    const results = await Promise.allSettled([keyed(), keyed()]);
    expect(calls).toBe(1);
    expect(results[1]).toMatchObject({ status: "rejected", reason: expect.any(IdempotencyConflict) });
  });

  it.each(["settle", "release", "expire"] as const)(
    "never lets a second call through after %s",
    async (end) => {
      const { gate, clock, decisions } = gateFixture({ budgets: [dollars("$5")], reservationTtlMs: 1000 });
      const run = gate.run();
      const permit = await gateBudget(run, costing("$1", { key: "task-1" }));
      if (end === "settle") await permit.settle();
      if (end === "release") await permit.release("not sent");
      if (end === "expire") clock.advance(1000);
      await expect(gateBudget(run, costing("$1", { key: "task-1" }))).rejects.toBeInstanceOf(
        IdempotencyConflict,
      );
      expect(await decisions()).toEqual(["allow allowed", "deny idempotency_conflict"]);
    },
  );

  it("refuses the same key for another action", async () => {
    const { gate, decisions } = gateFixture();
    const run = gate.run();
    await gateBudget(run, tool("pay", { amount: 1 }));
    await gateBudget(run, { ...tool("pay", { amount: 1 }), key: "task-1" });
    await expect(gateBudget(run, { ...tool("pay", { amount: 2 }), key: "task-1" })).rejects.toBeInstanceOf(
      IdempotencyConflict,
    );
    expect((await decisions()).at(-1)).toBe("deny idempotency_conflict");
  });

  it("keeps a denied key denied, also when there is money again", async () => {
    const { gate, clock } = gateFixture({ budgets: [dollars("$1", { per: "hour" })] });
    const run = gate.run();
    await (await gateBudget(run, costing("$1"))).settle();
    await expect(gateBudget(run, costing("$1", { key: "task-1" }))).rejects.toThrow(/left of/);
    clock.advance(60 * 60 * 1000);
    await expect(gateBudget(run, costing("$1", { key: "task-1" }))).rejects.toThrow(/left of/);
    await gateBudget(run, costing("$1"));
  });

  it("answers a denied key with the same refusal, receipted once, for the action as it is asked again", async () => {
    const { gate, decisions } = gateFixture({ budgets: [dollars("$1")] });
    const run = gate.run();
    const ask = () => gate.decide(costing("$2", { key: "task-1" }), { run });
    const [first, second] = [await ask(), await ask()];
    expect(second).toEqual(first);
    expect(second.receipt).toBe(first.receipt);
    expect(second.action).not.toBe(first.action);
    expect(await decisions()).toEqual(["deny budget_exceeded"]);
  });

  it("lets a run reopened by its id go on spending its own budget", async () => {
    const clock = manualClock();
    // The ledger outlives the first process.
    const ledger = memoryLedger({ clock });
    const options = { budgets: [dollars("$3", { per: "run" as const })], ledger, clock };
    const first = gateFixture(options);
    const before = first.gate.run({ id: "thread-7" });
    await (await gateBudget(before, costing("$1"))).settle();
    await (await gateBudget(before, costing("$1"))).settle();
    const second = gateFixture(options);
    const after = second.gate.run({ id: "thread-7" });
    await (await gateBudget(after, costing("$1"))).settle();
    await expect(gateBudget(after, costing("$1"))).rejects.toThrow(/\$0\.00 left of \$3\.00/);
    await gateBudget(second.gate.run({ id: "thread-8" }), costing("$3"));
  });

  it("takes a provider that calls every tool call the same", async () => {
    const { gate, money } = gateFixture({ budgets: [{ id: "calls", limit: "10 calls" }] });
    const run = gate.run();
    // The adapter does not use such an id as the key: it identifies nothing.
    for (let turn = 0; turn < 10; turn++) {
      await guard(run, tool("search", { id: "call_1" }), () => "found");
    }
    expect(await money("calls")).toEqual({ spent: 10n, held: 0n });
  });

  it("keeps a key denied that policy denied, also when policy would not any more", async () => {
    let isFrozen = true;
    const freeze = evaluator("freeze", () =>
      isFrozen ? { decision: "deny", reason: "frozen" } : { decision: "allow" },
    );
    const { gate } = gateFixture({ evaluators: [freeze] });
    const run = gate.run();
    await expect(gateBudget(run, { ...tool("pay"), key: "task-1" })).rejects.toThrow(/frozen/);
    isFrozen = false;
    await expect(gateBudget(run, { ...tool("pay"), key: "task-1" })).rejects.toThrow(/frozen/);
    await gateBudget(run, tool("pay"));
  });

  it("decides a key anew that was skipped or waits for approval", async () => {
    const ask = evaluator("ask", () => ({ decision: "require_approval", reason: "always" }));
    const { gate } = gateFixture({ evaluators: [ask] });
    const run = gate.run();
    const asked = await gate.decide({ ...tool("pay"), key: "task-1" }, { run });
    await gate.approvals.grant(asked.approval?.id ?? "", { by: "carol" });
    expect(await gate.decide({ ...tool("pay"), key: "task-1" }, { run })).toMatchObject({ outcome: "allow" });
  });

  it("lets a key be tried again that could not be decided", async () => {
    let isDown = true;
    const flaky = evaluator("flaky", () => {
      if (isDown) throw new Error("down");
      return { decision: "allow" };
    });
    const { gate } = gateFixture({ evaluators: [flaky] });
    const run = gate.run();
    expect(await gate.decide({ ...tool("pay"), key: "task" }, { run })).toMatchObject({
      code: "evaluator_failed",
    });
    isDown = false;
    expect(await gate.decide({ ...tool("pay"), key: "task" }, { run })).toMatchObject({ outcome: "allow" });
  });

  it("tells apart calls whose texts were cut inside an emoji", async () => {
    const { gate, receipts, check } = gateFixture();
    const prompts = ["hi \ud83d", "hi \ud83d", "hi \ud83e", "hi \ufffd"];
    for (const prompt of prompts) await (await gateBudget(gate.run(), llm({ params: { prompt } }))).settle();
    const digests = (await receipts()).flatMap(({ body }) =>
      body.type === "decision" ? [body.action.digest] : [],
    );
    expect(digests).toHaveLength(4);
    expect(digests[1]).toBe(digests[0]);
    expect(new Set(digests).size).toBe(3);
    await check();
  });
});
