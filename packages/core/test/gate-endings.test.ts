import { gateBudget, guard, memoryLedger } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { brokenLedger, pass, turn } from "./broken-ledger.ts";
import { costing, dollars, gateFixture, nano } from "./gate-fixture.ts";

const budgets = [dollars("$1")];

/** A ledger whose first ending is booked, but its answer gets lost. */
function forgetful() {
  const clock = manualClock();
  let isFirst = true;
  const loseFirst = <T>(answer: T): T => {
    if (!isFirst) return answer;
    isFirst = false;
    throw new Error("connection reset");
  };
  const ledger = brokenLedger(clock, (sound) => ({
    settle: (...args) => loseFirst(sound.settle(...args)),
    release: (...args) => loseFirst(sound.release(...args)),
  }));
  return { clock, ledger };
}

describe("an ending that fails", () => {
  it.each(["settle", "release"] as const)(
    "is receipted when a %s was booked but its answer lost",
    async (how) => {
      const { clock, ledger } = forgetful();
      const { gate, money, receipts, check } = gateFixture({
        budgets,
        clock,
        ledger,
        reservationTtlMs: 60_000,
      });
      const permit = await gateBudget(gate, costing("$0.80"));
      const ending =
        how === "settle" ? permit.settle({ amounts: { usd: nano("0.90") } }) : permit.release("x");
      await expect(ending).rejects.toThrow("connection reset");
      await pass(clock, 60_000);
      expect(permit.ended?.outcome).toBe(how === "settle" ? "settled" : "released");
      expect(await money("money")).toEqual({ spent: how === "settle" ? nano("0.90") : 0n, held: 0n });
      expect((await receipts()).filter(({ body }) => body.type === "settlement")).toHaveLength(1);
      await check();
    },
  );

  it("is receipted as late when it was booked after expiry but its answer lost", async () => {
    const { clock, ledger } = forgetful();
    const fixture = gateFixture({ budgets, clock, ledger, reservationTtlMs: 60_000 });
    const permit = await gateBudget(fixture.gate, costing("$0.80"));
    clock.advance(60_000);
    expect(await fixture.money("money")).toEqual({ spent: 0n, held: 0n });
    await expect(permit.settle({ amounts: { usd: nano("0.70") } })).rejects.toThrow("connection reset");
    await pass(clock, 60_000);
    expect(permit.ended).toMatchObject({ outcome: "settled", late: true });
    expect(await fixture.money("money")).toEqual({ spent: nano("0.70"), held: 0n });
    await fixture.check();
  });

  it("stays the ending that was chosen first", async () => {
    const clock = manualClock();
    let broken = true;
    const ledger = brokenLedger(clock, (sound) => ({
      settle: (...args) => {
        if (broken) throw new Error("gone");
        return sound.settle(...args);
      },
    }));
    const { gate, money, check } = gateFixture({ budgets, clock, ledger });
    const permit = await gateBudget(gate, costing("$0.80"));
    await expect(permit.settle()).rejects.toThrow("gone");
    broken = false;
    expect(await permit.release("changed my mind")).toMatchObject({ outcome: "settled" });
    expect(await money("money")).toEqual({ spent: nano("0.80"), held: 0n });
    await check();
  });

  it("does not keep the result from a caller when the ledger hangs, and is booked when it answers again", async () => {
    const clock = manualClock();
    let hangs = true;
    const ledger = brokenLedger(clock, (sound) => ({
      settle: (...args) => (hangs ? new Promise<never>(() => undefined) : sound.settle(...args)),
    }));
    const failures: string[] = [];
    const { gate, money, check } = gateFixture({
      budgets,
      clock,
      ledger,
      reservationTtlMs: 60_000,
      onFailure: ({ during }) => failures.push(during),
    });
    const calling = guard(gate, costing("$0.80"), () => "paid for");
    await pass(clock, 5000);
    expect(await calling).toBe("paid for");
    expect(failures).toContain("settle");
    hangs = false;
    await pass(clock, 60_000);
    expect(await money("money")).toEqual({ spent: nano("0.80"), held: 0n });
    await check();
  });

  it.each<[string, object | null]>([
    ["negative amounts", { amounts: { usd: -5n } }],
    ["an amount that is no bigint", { amounts: { usd: 5 } }],
    ["a unit that is none", { amounts: { "Tool Calls": 5n } }],
    ["an amount beyond 64 bits", { amounts: { usd: 2n ** 63n } }],
    ["nothing at all", null],
    ["usage that is null", { usage: null }],
    ["usage that is text", { usage: "12 tokens" }],
  ])("books what was reserved for %s, once and for all", async (_what, used) => {
    const failures: string[] = [];
    const fixture = gateFixture({ budgets, onFailure: ({ during }) => failures.push(during) });
    const permit = await gateBudget(fixture.gate, costing("$0.80"));
    expect(await permit.settle(used as never)).toMatchObject({ outcome: "settled", source: "estimated" });
    expect(await fixture.money("money")).toEqual({ spent: nano("0.80"), held: 0n });
    expect(failures.length).toBeLessThanOrEqual(1);
    await fixture.check();
  });

  it("is final when the ledger does not know the reservation any more", async () => {
    const clock = manualClock();
    const ledger = memoryLedger({ clock, retention: { expiredCount: 0 } });
    const failures: unknown[] = [];
    const { gate, receipts } = gateFixture({
      budgets,
      clock,
      ledger,
      reservationTtlMs: 1000,
      onFailure: ({ cause }) => failures.push(cause),
    });
    const permit = await gateBudget(gate, costing("$0.80"));
    clock.advance(1000);
    await gateBudget(gate, costing("$0.10"));
    await gateBudget(gate, costing("$0.10"));
    expect(await permit.settle()).toMatchObject({ outcome: "settled", late: true });
    expect(String(failures[0])).toMatch(/was unknown when it was to be settled/);
    expect((await receipts()).at(-1)?.body).toMatchObject({ type: "settlement", late: true });
    await gate.close();
  });

  it.each([
    ["a reason cut inside a character", (text: string) => `${"a".repeat(1023)}${text}`],
    ["a reason that is no text", () => undefined as never],
  ])("is receipted with %s", async (_what, reason) => {
    const { gate, check, decisions } = gateFixture({ budgets });
    const permit = await gateBudget(gate, costing("$0.80"));
    await permit.release(reason("\u{1f600}"));
    await gate.stop("other", `${"a".repeat(1023)}\u{1f600}`);
    await gateBudget(gate, costing("$0.80"));
    expect(await decisions()).toEqual(["allow allowed", "allow allowed"]);
    await check();
  });

  it("is receipted with a usage of minus zero", async () => {
    const { gate, check } = gateFixture({ budgets });
    await (await gateBudget(gate, costing("$0.10"))).settle({ usage: { inputTokens: 10, outputTokens: -0 } });
    await gateBudget(gate, costing("$0.10"));
    await check();
  });
});

describe("a reservation's life", () => {
  it("lasts until the last holder lets go", async () => {
    const { gate, clock, money } = gateFixture({ budgets, reservationTtlMs: 60_000 });
    let finish = (): void => undefined;
    const calling = guard(gate, costing("$1"), (permit) => {
      permit.hold()();
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    await pass(clock, 300_000, 30);
    expect(await money("money")).toEqual({ spent: 0n, held: nano("1") });
    finish();
    await calling;
    expect(await money("money")).toEqual({ spent: nano("1"), held: 0n });
  });

  it("is never shortened by an extension", async () => {
    const { gate, clock, money } = gateFixture({ budgets, reservationTtlMs: 60_000 });
    const permit = await gateBudget(gate, costing("$1"));
    expect(await permit.extend(1000)).toBe(true);
    clock.advance(59_999);
    expect((await money("money")).held).toBe(nano("1"));
    expect(await permit.extend(60_000)).toBe(true);
    clock.advance(59_999);
    expect((await money("money")).held).toBe(nano("1"));
    clock.advance(1);
    expect((await money("money")).held).toBe(0n);
  });

  it("ends with a receipt also when the ledger tells of the expiry too late", async () => {
    const clock = manualClock();
    let answer = (): void => undefined;
    let slow = true;
    const ledger = brokenLedger(clock, (sound) => ({
      async *expire(now) {
        for await (const reservation of sound.expire(now)) {
          if (slow) {
            slow = false;
            await new Promise<void>((resolve) => {
              answer = resolve;
            });
          }
          yield reservation;
        }
      },
    }));
    const { gate, money, check } = gateFixture({ budgets, clock, ledger, reservationTtlMs: 1000 });
    await gateBudget(gate, costing("$0.50"));
    await gateBudget(gate, costing("$0.50"));
    clock.advance(1000);
    const deciding = gate.decide(costing("$0.10"));
    await pass(clock, 5000);
    expect(await deciding).toMatchObject({ code: "ledger_failed" });
    answer();
    await turn();
    expect(await money("money")).toEqual({ spent: 0n, held: 0n });
    await check();
  });
});
