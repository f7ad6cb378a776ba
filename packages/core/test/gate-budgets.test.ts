import { ActionDenied, gateBudget } from "@tollgate/core";
import { denyTools } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import { costing, dollars, gateFixture, llm, nano, tool } from "./gate-fixture.ts";

describe("budgets at the gate", () => {
  it("holds a model call's upper bound and books what was used", async () => {
    const { gate, money, check } = gateFixture({ budgets: [dollars("$1.00")] });
    const permit = await gateBudget(gate.run(), llm({ inputTokens: 1000, maxOutputTokens: 500 }));
    // 1000 x $10/M + 500 x $20/M
    expect(await money("money")).toEqual({ spent: 0n, held: nano("0.02") });
    const settlement = await permit.settle({ usage: { inputTokens: 800, outputTokens: 100 } });
    expect(settlement).toMatchObject({ outcome: "settled", source: "reported", late: false });
    expect(await money("money")).toEqual({ spent: nano("0.01"), held: 0n });
    await check();
  });

  it("counts dollars, tokens, calls and units of one's own, each in its own budget", async () => {
    const { gate, money } = gateFixture({
      budgets: [
        { id: "usd", limit: "$1" },
        { id: "tokens", limit: "2k tokens" },
        { id: "in", limit: "2k input_tokens" },
        { id: "out", limit: "2k output_tokens" },
        { id: "calls", limit: "10 calls" },
        { id: "mails", limit: "20 mails" },
      ],
    });
    const permit = await gateBudget(
      gate.run(),
      llm({ inputTokens: 300, maxOutputTokens: 200, amounts: { mails: 3n } }),
    );
    expect((await money("tokens")).held).toBe(500n);
    expect((await money("in")).held).toBe(300n);
    expect((await money("out")).held).toBe(200n);
    expect((await money("calls")).held).toBe(1n);
    expect((await money("mails")).held).toBe(3n);
    await permit.settle({ usage: { inputTokens: 100, outputTokens: 50 }, amounts: { mails: 2n } });
    expect((await money("tokens")).spent).toBe(150n);
    expect((await money("calls")).spent).toBe(1n);
    expect((await money("mails")).spent).toBe(2n);
  });

  it("lets an action through in all its budgets or in none", async () => {
    const { gate, money, check } = gateFixture({
      budgets: [dollars("$10"), { id: "calls", limit: "1 calls" }],
    });
    const run = gate.run();
    const first = await gateBudget(run, costing("$1"));
    await expect(gateBudget(run, costing("$1"))).rejects.toThrow(
      /budget "calls" has 0 calls left of 1 call \(1 call held by open calls\); this call can come to 1 call$/,
    );
    expect(await money("money")).toEqual({ spent: 0n, held: nano("1") });
    await first.release("not sent");
    expect(await money("money")).toEqual({ spent: 0n, held: 0n });
    expect(await money("calls")).toEqual({ spent: 0n, held: 0n });
    await check();
  });

  it("receipts a refusal with what was asked for and what stood against it", async () => {
    const { gate, receipts, check } = gateFixture({
      budgets: [dollars("$1")],
      evaluators: [denyTools(["rm"])],
    });
    const run = gate.run();
    await (await gateBudget(run, costing("$0.50"))).settle();
    await gateBudget(run, costing("$0.30"));
    await gate.decide(costing("$0.40"), { run });
    expect((await receipts()).at(-1)?.body).toMatchObject({
      decision: { evaluators: ["deny-tools"], rules: ["money"] },
      claims: [],
      exceeded: [
        {
          budget: "money",
          unit: "usd",
          amount: "400000000",
          limit: "1000000000",
          spent: "500000000",
          held: "300000000",
        },
      ],
    });
    await check();
  });

  it("keeps one balance for each partition and names the field that a subject lacks", async () => {
    const { gate } = gateFixture({ budgets: [dollars("$1", { by: ["tenant", "user"] })] });
    const alice = gate.run({ tenant: "acme", user: "alice" });
    const bob = gate.run({ tenant: "acme", user: "bob" });
    await gateBudget(alice, costing("$1"));
    await gateBudget(bob, costing("$1"));
    await expect(gateBudget(alice, costing("$0.01"))).rejects.toThrow(/tenant=acme&user=alice/);
    await expect(gateBudget(gate.run({ tenant: "acme" }), costing("$0.01"))).rejects.toThrow(
      /budget "money" needs the subject's user/,
    );
    expect((await gate.balances()).map(({ partition }) => partition).sort()).toEqual([
      "tenant=acme&user=alice",
      "tenant=acme&user=bob",
    ]);
  });

  it("counts only what a budget matches", async () => {
    const { gate, money } = gateFixture({
      budgets: [
        { id: "searches", limit: "2 calls", match: { kind: "tool", name: "search_*" } },
        { id: "acme", limit: "5 calls", match: { tenant: "acme" } },
      ],
    });
    const run = gate.run({ tenant: "acme" });
    const other = gate.run({ tenant: "other" });
    await gateBudget(run, tool("search_web"));
    await gateBudget(other, tool("search_web"));
    await gateBudget(run, llm());
    await expect(gateBudget(run, tool("search_images"))).rejects.toBeInstanceOf(ActionDenied);
    expect((await money("acme")).held).toBe(2n);
  });

  it("starts a day's budget anew at midnight of its zone", async () => {
    const { gate, clock } = gateFixture({
      budgets: [dollars("$1", { per: "day", timeZone: "America/New_York" })],
    });
    const run = gate.run();
    clock.set(Date.UTC(2026, 5, 2, 3, 59, 59));
    await (await gateBudget(run, costing("$1"))).settle();
    await expect(gateBudget(run, costing("$1"))).rejects.toThrow(/until 2026-06-02T04:00:00/);
    clock.advance(1000);
    await gateBudget(run, costing("$1"));
  });

  it("prices tools from the price list and counts unpriced ones as free of charge", async () => {
    const { gate, money } = gateFixture({ budgets: [dollars("$1")] });
    const run = gate.run();
    await (await gateBudget(run, tool("paid_search"))).settle();
    await (await gateBudget(run, tool("clock"))).settle();
    expect(await money("money")).toEqual({ spent: nano("0.25"), held: 0n });
  });

  it("denies a model without a price under a dollar budget, and says what to do", async () => {
    const { gate, decisions } = gateFixture({ budgets: [dollars("$1")] });
    await expect(gateBudget(gate.run(), llm({ name: "mystery-9" }))).rejects.toThrow(
      /no price is known for "mystery-9"; give one in prices.models/,
    );
    expect(await decisions()).toEqual(["deny unpriced"]);
    const lenient = gateFixture({ budgets: [dollars("$1")], unpriced: "allow" });
    await gateBudget(lenient.gate.run(), llm({ name: "mystery-9" }));
    expect(await lenient.money("money")).toEqual({ spent: 0n, held: 0n });
  });

  it("grants exactly 137 of 1,000 concurrent calls against a limit for 137", async () => {
    const { gate, money, check } = gateFixture({ budgets: [dollars("$24.66", { by: ["user"] })] });
    const run = gate.run({ user: "alice" });
    const results = await Promise.allSettled(
      Array.from({ length: 1000 }, () => gateBudget(run, costing("$0.18"))),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(137);
    expect(await money("money")).toEqual({ spent: 0n, held: nano("24.66") });
    await check();
  });

  it("stops the run for good when a budget says so", async () => {
    const { gate, decisions } = gateFixture({ budgets: [dollars("$1", { then: "stop" })] });
    const run = gate.run({ id: "loop" });
    const denial = await gateBudget(run, costing("$2")).catch((error: unknown) => error);
    expect(denial).toBeInstanceOf(ActionDenied);
    expect((denial as ActionDenied).terminal).toBe(true);
    await expect(gateBudget(run, costing("$0.01"))).rejects.toThrow(/the run is stopped: budget "money"/);
    await gateBudget(gate.run(), costing("$0.01"));
    expect(await decisions()).toEqual(["deny budget_exceeded", "deny run_stopped", "allow allowed"]);
  });
});
