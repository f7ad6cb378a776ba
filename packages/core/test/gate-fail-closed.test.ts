import {
  createSigner,
  type GateOptions,
  GateUnavailable,
  gateBudget,
  type Ledger,
  memoryLedger,
  type Verdict,
} from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { decided } from "./decide-late.ts";
import { costing, dollars, gateFixture, nano, prices } from "./gate-fixture.ts";

const budgets = [dollars("$5")];
const never = (): Promise<never> => new Promise<never>(() => undefined);

/** A ledger with one part replaced. */
function brokenLedger(clock: ManualClock, part: Partial<Ledger>): Ledger {
  const sound = memoryLedger({ clock });
  return { ...bound(sound), ...part };
}

function bound(ledger: Ledger): Ledger {
  return {
    reserve: (request) => ledger.reserve(request),
    settle: (reservation, amounts, source) => ledger.settle(reservation, amounts, source),
    release: (reservation, reason) => ledger.release(reservation, reason),
    extend: (reservation, expiresAt) => ledger.extend(reservation, expiresAt),
    expire: (now) => ledger.expire(now),
    nextExpiry: () => ledger.nextExpiry(),
    balances: (query) => ledger.balances(query),
  };
}

describe("fail closed", () => {
  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("boom");
      },
    ],
    ["rejects", () => Promise.reject(new Error("boom"))],
    ["hangs", never],
    ["answers undefined", () => undefined],
    ["answers an unknown word", () => ({ decision: "maybe" })],
    ["answers true", () => true],
    ["denies without a reason", () => ({ decision: "deny" })],
    ["degrades without a patch", () => ({ decision: "degrade", reason: "cheaper" })],
  ])("denies and holds nothing when an evaluator %s", async (_how, answer) => {
    const fixture = gateFixture({ budgets, evaluators: [evaluator("odd", answer as () => Verdict)] });
    const decision = await decided(fixture);
    expect(decision).toMatchObject({ outcome: "deny", code: "evaluator_failed", permit: null });
    expect(decision.reason).toContain("odd");
    expect(await fixture.money("money")).toEqual({ spent: 0n, held: 0n });
    await fixture.check();
  });

  it.each<[string, (clock: ManualClock) => Ledger]>([
    [
      "throws",
      (clock) =>
        brokenLedger(clock, {
          reserve: () => {
            throw new Error("disk I/O error");
          },
        }),
    ],
    ["rejects", (clock) => brokenLedger(clock, { reserve: () => Promise.reject(new Error("gone")) })],
    ["hangs", (clock) => brokenLedger(clock, { reserve: never })],
    ["answers nonsense", (clock) => brokenLedger(clock, { reserve: () => ({}) as never })],
    [
      "refuses without a reason",
      (clock) => brokenLedger(clock, { reserve: () => ({ status: "refused", exceeded: [] }) }),
    ],
  ])("denies when the ledger %s", async (_how, ledger) => {
    const clock = manualClock();
    const fixture = gateFixture({ budgets, clock, ledger: ledger(clock) });
    const decision = await decided(fixture);
    expect(decision).toMatchObject({ outcome: "deny", code: "ledger_failed", permit: null });
    expect(await fixture.decisions()).toEqual(["deny ledger_failed"]);
  });

  it("gives back what a ledger grants after its time was up", async () => {
    const clock = manualClock();
    const sound = memoryLedger({ clock });
    let grant = (): void => undefined;
    const ledger = {
      ...bound(sound),
      reserve: (request: Parameters<Ledger["reserve"]>[0]) =>
        new Promise<ReturnType<typeof sound.reserve>>((resolve) => {
          grant = () => resolve(sound.reserve(request));
        }),
    };
    const fixture = gateFixture({ budgets, clock, ledger });
    expect(await decided(fixture)).toMatchObject({ code: "ledger_failed" });
    grant();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await fixture.money("money")).toEqual({ spent: 0n, held: 0n });
  });

  it("denies when the signer throws", async () => {
    const sound = createSigner();
    let broken = false;
    const signer = {
      kid: sound.kid,
      publicKey: sound.publicKey,
      sign: (bytes: Uint8Array): Uint8Array => {
        if (broken) throw new Error("the key is gone");
        return sound.sign(bytes);
      },
    };
    const fixture = gateFixture({ budgets, signer });
    await (await gateBudget(fixture.gate, costing("$1"))).settle();
    broken = true;
    expect(await decided(fixture)).toMatchObject({ outcome: "deny", code: "signer_failed", receipt: null });
    await expect(gateBudget(fixture.gate, costing("$1"))).rejects.toBeInstanceOf(GateUnavailable);
    broken = false;
    expect(await fixture.money("money")).toEqual({ spent: nano("1"), held: 0n });
    expect(await decided(fixture)).toMatchObject({ outcome: "allow" });
    await fixture.check();
  });

  it("denies when pricing throws", async () => {
    const rates = (): never => {
      throw new Error("catalogue unreadable");
    };
    const fixture = gateFixture({ budgets, prices: { ...prices, digest: prices.digest, rates } });
    expect(await decided(fixture)).toMatchObject({ outcome: "deny", code: "pricing_failed" });
  });

  it("denies while the clock is back before what was recorded", async () => {
    const fixture = gateFixture({ budgets });
    await (await gateBudget(fixture.gate, costing("$1"))).settle();
    const now = fixture.clock.now();
    fixture.clock.set(now - 60_000);
    expect(await fixture.gate.decide(costing("$1"))).toMatchObject({ code: "clock_went_back" });
    fixture.clock.set(now - 100);
    expect(await fixture.gate.decide(costing("$1"))).toMatchObject({ outcome: "allow" });
    fixture.clock.set(Number.NaN);
    expect(await fixture.gate.decide(costing("$1"))).toMatchObject({ code: "clock_went_back" });
    fixture.clock.set(now);
    await fixture.check();
  });

  it("denies after close, and closes with a last receipt", async () => {
    const fixture = gateFixture({ budgets });
    await fixture.gate.close();
    expect(await fixture.gate.decide(costing("$1"))).toMatchObject({ code: "gate_closed", receipt: null });
    const types: string[] = [];
    for await (const { body } of fixture.gate.receipts()) types.push(body.type);
    expect(types.at(-1)).toBe("close");
  });

  it("lets a call through on request when a part fails, with a receipt that says so", async () => {
    const clock = manualClock();
    const options: GateOptions = {
      budgets,
      clock,
      failure: "open",
      evaluators: [evaluator("odd", () => Promise.reject(new Error("boom")))],
      ledger: brokenLedger(clock, {
        reserve: () => {
          throw new Error("disk I/O error");
        },
      }),
    };
    const fixture = gateFixture(options);
    const decision = await fixture.gate.decide(costing("$1"));
    expect(decision.outcome).toBe("allow");
    await decision.permit?.settle({ amounts: { usd: 5n } });
    const [first] = await fixture.receipts();
    expect(first?.body).toMatchObject({
      decision: { outcome: "allow", failure: expect.stringContaining("ledger_failed") },
      reservation: null,
    });
  });
});
