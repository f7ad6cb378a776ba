import { gateBudget, guard, type Ledger, memoryLedger } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { costing, dollars, gateFixture, llm, nano } from "./gate-fixture.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("what becomes of the money", () => {
  it("books and receipts overage, and counts it against the next call", async () => {
    const { gate, money, receipts, check } = gateFixture({ budgets: [dollars("$1")] });
    const run = gate.run();
    const permit = await gateBudget(run, costing("$0.60"));
    const settlement = await permit.settle({ amounts: { usd: nano("0.90") } });
    expect(settlement.charges).toMatchObject([{ actual: nano("0.90"), overage: nano("0.30") }]);
    await expect(gateBudget(run, costing("$0.20"))).rejects.toThrow(/has \$0\.10 left/);
    expect(await money("money")).toEqual({ spent: nano("0.90"), held: 0n });
    const settled = (await receipts()).find(({ body }) => body.type === "settlement");
    expect(settled?.body).toMatchObject({ overage: [{ budget: "money", amount: "300000000" }] });
    await check();
  });

  it.each([
    ["is missing", undefined],
    ["is all zero", { inputTokens: 0, outputTokens: 0 }],
    ["is nonsense", { inputTokens: -5, outputTokens: Number.NaN }],
    ["is empty", {}],
  ])("books what was reserved when the usage %s, as estimated", async (_how, usage) => {
    const { gate, money, check } = gateFixture({ budgets: [dollars("$1")] });
    const permit = await gateBudget(gate.run(), llm({ inputTokens: 1000, maxOutputTokens: 500 }));
    expect(await permit.settle({ usage })).toMatchObject({ outcome: "settled", source: "estimated" });
    expect(await money("money")).toEqual({ spent: nano("0.02"), held: 0n });
    await check();
  });

  it("ends a permit once: whoever comes later gets the same settlement", async () => {
    const { gate, money, receipts } = gateFixture({ budgets: [dollars("$1")] });
    const permit = await gateBudget(gate.run(), costing("$0.50"));
    const [first, second] = await Promise.all([permit.settle(), permit.release("changed my mind")]);
    expect(second).toBe(first);
    expect(await permit.settle({ amounts: { usd: nano("0.10") } })).toBe(first);
    expect(await money("money")).toEqual({ spent: nano("0.50"), held: 0n });
    expect((await receipts()).filter(({ body }) => body.type === "settlement")).toHaveLength(1);
  });

  it("gives the money of a caller that died back at expiry, with a receipt", async () => {
    const { gate, clock, money, receipts, check } = gateFixture({
      budgets: [dollars("$1")],
      reservationTtlMs: 60_000,
    });
    const run = gate.run();
    await gateBudget(run, costing("$1"));
    clock.advance(59_999);
    expect(await money("money")).toEqual({ spent: 0n, held: nano("1") });
    clock.advance(1);
    await gateBudget(run, costing("$1"));
    const bodies = (await receipts()).map(({ body }) => body);
    expect(bodies.map(({ type }) => type)).toEqual(["decision", "settlement", "decision"]);
    expect(bodies[1]).toMatchObject({ outcome: "expired", decision: bodies[0]?.id, amounts: [] });
    await check();
  });

  it("books a settlement that comes after expiry, and receipts it as late", async () => {
    const { gate, clock, money, receipts, check } = gateFixture({
      budgets: [dollars("$1")],
      reservationTtlMs: 60_000,
    });
    const run = gate.run();
    const late = await gateBudget(run, costing("$0.80"));
    clock.advance(60_000);
    await (await gateBudget(run, costing("$0.90"))).settle();
    const settlement = await late.settle({ amounts: { usd: nano("0.80") } });
    expect(settlement).toMatchObject({ outcome: "settled", late: true });
    // Only $0.10 were left: the rest is overage.
    expect(settlement.charges).toMatchObject([{ actual: nano("0.80"), overage: nano("0.70") }]);
    expect(await money("money")).toEqual({ spent: nano("1.70"), held: 0n });
    expect((await receipts()).at(-1)?.body).toMatchObject({ outcome: "settled", late: true });
    await expect(gateBudget(run, costing("$0.01"))).rejects.toThrow(/\$0\.00 left/);
    await check();
  });

  it("keeps the reservation of a call that outlives its lifetime, while its caller lives", async () => {
    const { gate, clock, money, check } = gateFixture({ budgets: [dollars("$1")], reservationTtlMs: 60_000 });
    const run = gate.run();
    let finish = (): void => undefined;
    const calling = guard(
      run,
      costing("$1"),
      () =>
        new Promise<string>((resolve) => {
          finish = () => resolve("done");
        }),
      { usage: () => ({ amounts: { usd: nano("0.40") } }) },
    );
    for (let minute = 0; minute < 30; minute++) {
      await turn();
      clock.advance(20_000);
      await turn();
      expect(await money("money")).toEqual({ spent: 0n, held: nano("1") });
    }
    finish();
    expect(await calling).toBe("done");
    expect(await money("money")).toEqual({ spent: nano("0.40"), held: 0n });
    await check();
  });

  it("books a failed call as estimated, or releases it where it is surely free", async () => {
    const { gate, money, check } = gateFixture({ budgets: [dollars("$1")] });
    const run = gate.run();
    const failing = (): Promise<never> => Promise.reject(new Error("429"));
    await expect(guard(run, costing("$0.25"), failing)).rejects.toThrow("429");
    expect(await money("money")).toEqual({ spent: nano("0.25"), held: 0n });
    await expect(guard(run, costing("$0.25"), failing, { unbilled: () => true })).rejects.toThrow("429");
    expect(await money("money")).toEqual({ spent: nano("0.25"), held: 0n });
    const unsure = (): boolean => {
      throw new Error("cannot tell");
    };
    await expect(guard(run, costing("$0.25"), failing, { unbilled: unsure })).rejects.toThrow("429");
    expect(await money("money")).toEqual({ spent: nano("0.50"), held: 0n });
    await check();
  });

  it("hands on the result and books it later when the ledger fails to settle", async () => {
    const clock = manualClock();
    const sound = memoryLedger({ clock });
    let broken = true;
    const ledger: Ledger = {
      reserve: (request) => sound.reserve(request),
      settle: (reservation, amounts) => {
        if (broken) throw new Error("disk I/O error");
        return sound.settle(reservation, amounts);
      },
      release: (reservation) => sound.release(reservation),
      extend: (reservation, expiresAt) => sound.extend(reservation, expiresAt),
      expire: (now) => sound.expire(now),
      nextExpiry: () => sound.nextExpiry(),
      balances: (query) => sound.balances(query),
    };
    const failures: string[] = [];
    const { gate, money, check } = gateFixture({
      budgets: [dollars("$1")],
      clock,
      ledger,
      reservationTtlMs: 60_000,
      onFailure: ({ during }) => failures.push(during),
    });
    const run = gate.run();
    const usage = (): { amounts: { usd: bigint } } => ({ amounts: { usd: nano("0.30") } });
    expect(await guard(run, costing("$0.80"), () => "paid for", { usage })).toBe("paid for");
    expect(failures).toEqual(["settle"]);
    // As long as it is not booked the money stays held, past any expiry.
    for (let beat = 0; beat < 12; beat++) {
      clock.advance(20_000);
      await turn();
    }
    expect(await money("money")).toEqual({ spent: 0n, held: nano("0.80") });
    broken = false;
    clock.advance(20_000);
    await turn();
    expect(await money("money")).toEqual({ spent: nano("0.30"), held: 0n });
    await check();
  });

  it("holds the money of a permit whose settlement failed, past any expiry, and books it before closing", async () => {
    const clock = manualClock();
    const sound = memoryLedger({ clock });
    let broken = true;
    const ledger: Ledger = Object.assign(Object.create(sound) as Ledger, {
      settle: (...args: Parameters<Ledger["settle"]>) => {
        if (broken) throw new Error("disk I/O error");
        return sound.settle(args[0], args[1]);
      },
      reserve: (request: Parameters<Ledger["reserve"]>[0]) => sound.reserve(request),
      extend: (...args: Parameters<Ledger["extend"]>) => sound.extend(...args),
      release: (...args: Parameters<Ledger["release"]>) => sound.release(args[0]),
      expire: (now: number) => sound.expire(now),
      nextExpiry: () => sound.nextExpiry(),
      balances: (query: Parameters<Ledger["balances"]>[0]) => sound.balances(query),
    });
    const { gate, money, check } = gateFixture({
      budgets: [dollars("$1")],
      clock,
      ledger,
      reservationTtlMs: 60_000,
    });
    const permit = await gateBudget(gate.run(), costing("$0.80"));
    await expect(permit.settle({ amounts: { usd: nano("0.30") } })).rejects.toThrow("disk I/O error");
    for (let beat = 0; beat < 6; beat++) {
      clock.advance(20_000);
      await turn();
    }
    expect(await money("money")).toEqual({ spent: 0n, held: nano("0.80") });
    broken = false;
    await gate.close();
    expect(permit.ended).toMatchObject({ outcome: "settled" });
    expect(await sound.balances({})).toMatchObject([{ spent: nano("0.30"), held: 0n }]);
    await check();
  });

  it("receipts what was reserved for a unit that the usage does not tell", async () => {
    const { gate, receipts } = gateFixture();
    const permit = await gateBudget(gate.run(), llm({ amounts: { mails: 3n } }));
    await permit.settle({ usage: { inputTokens: 10, outputTokens: 5 } });
    expect((await receipts()).at(-1)?.body).toMatchObject({
      amounts: expect.arrayContaining([
        { unit: "mails", amount: "3" },
        { unit: "tokens", amount: "15" },
      ]),
    });
  });

  it("refuses nobody for money that a sweep under way is about to give back", async () => {
    const clock = manualClock();
    const sound = memoryLedger({ clock });
    const ledger: Ledger = Object.assign(Object.create(sound) as Ledger, {
      reserve: (request: Parameters<Ledger["reserve"]>[0]) => sound.reserve(request),
      nextExpiry: () => sound.nextExpiry(),
      balances: (query: Parameters<Ledger["balances"]>[0]) => sound.balances(query),
      async *expire(now: number) {
        await turn();
        yield* sound.expire(now);
      },
    });
    const { gate, check } = gateFixture({ budgets: [dollars("$1")], clock, ledger, reservationTtlMs: 1000 });
    const run = gate.run();
    for (let call = 0; call < 10; call++) await gateBudget(run, costing("$0.10"));
    clock.advance(1000);
    const results = await Promise.all(
      Array.from({ length: 10 }, () => gate.decide(costing("$0.10"), { run })),
    );
    expect(results.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 10 }, () => "allow"));
    await check();
  });

  it("prices cached tokens as such, and reasoning tokens once", async () => {
    const { gate, money } = gateFixture({
      budgets: [dollars("$10")],
      prices: { models: { big: { input: "$10", output: "$20", cacheRead: "$1" } } },
    });
    const permit = await gateBudget(gate.run(), llm({ inputTokens: 100_000, maxOutputTokens: 10_000 }));
    await permit.settle({
      usage: { inputTokens: 100_000, cacheReadTokens: 90_000, outputTokens: 1000, reasoningTokens: 800 },
    });
    // 10,000 x $10/M + 90,000 x $1/M + 1,000 x $20/M
    expect((await money("money")).spent).toBe(nano("0.21"));
  });
});
