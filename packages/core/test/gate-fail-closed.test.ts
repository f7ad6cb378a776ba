import {
  createSigner,
  evaluator,
  type GateOptions,
  GateUnavailable,
  gateBudget,
  type Ledger,
  memoryLedger,
  memoryLog,
  type ReceiptLog,
  type SealedReceipt,
  type Verdict,
} from "@tollgate/core";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { costing, dollars, type GateFixture, gateFixture, nano, prices } from "./gate-fixture.ts";

/** Decides one call and moves the clock on until the answer is there, so that deadlines pass. */
async function decided(fixture: GateFixture, key?: string) {
  const asked = fixture.gate.decide(costing("$1", key === undefined ? {} : { key }));
  for (let turn = 0; turn < 50; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (fixture.clock.timers > 0) fixture.clock.advance(1000);
  }
  return asked;
}

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

/** A receipt log that can be told to fail. */
class FailingLog implements ReceiptLog {
  readonly #sound = memoryLog();
  failure: "none" | "rejects" | "throws" | "hangs" = "none";
  /** Appends that wait for {@link FailingLog.answer}. */
  readonly #waiting: (() => void)[] = [];

  append(entry: SealedReceipt): void | PromiseLike<void> {
    switch (this.failure) {
      case "rejects":
        return Promise.reject(new Error("ENOSPC: no space left on device"));
      case "throws":
        throw new Error("the log is closed");
      case "hangs":
        return new Promise((resolve) => {
          this.#waiting.push(() => {
            this.#sound.append(entry);
            resolve();
          });
        });
      default:
        return this.#sound.append(entry);
    }
  }

  /** Lets appends that hang go through after all. */
  answer(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  read: ReceiptLog["read"] = (query) => this.#sound.read(query);
  head: ReceiptLog["head"] = (chain) => this.#sound.head(chain);
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

  it.each(["rejects", "throws", "hangs"] as const)(
    "denies and gives the money back when the receipt log %s, and goes on when it works again",
    async (failure) => {
      const log = new FailingLog();
      const fixture = gateFixture({ budgets, log });
      const first = await gateBudget(fixture.gate, costing("$1"));
      log.failure = failure;
      const decision = await decided(fixture);
      expect(decision).toMatchObject({ outcome: "deny", code: "receipt_log_failed", receipt: null });
      expect(await fixture.money("money")).toEqual({ spent: 0n, held: nano("1") });
      // What has happened is booked though it cannot be receipted yet.
      const settling = first.settle();
      for (let turn = 0; turn < 10; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        fixture.clock.advance(1000);
      }
      expect(await settling).toMatchObject({ outcome: "settled", receipt: null });
      log.failure = "none";
      log.answer();
      await new Promise((resolve) => setImmediate(resolve));
      expect(await decided(fixture)).toMatchObject({ outcome: "allow" });
      expect(await fixture.money("money")).toEqual({ spent: nano("1"), held: nano("1") });
      await fixture.check();
    },
  );

  it("does not touch the ledger while it is known that no receipt can be written", async () => {
    const log = new FailingLog();
    log.failure = "rejects";
    const clock = manualClock();
    let reserves = 0;
    const sound = memoryLedger({ clock });
    const ledger = brokenLedger(clock, {
      reserve: (request) => {
        reserves += 1;
        return sound.reserve(request);
      },
    });
    const fixture = gateFixture({ budgets, log, clock, ledger });
    expect(await decided(fixture)).toMatchObject({ code: "receipt_log_failed" });
    expect(reserves).toBe(0);
  });

  it("goes on after appends were lost while others waited behind them", async () => {
    const log = new FailingLog();
    const fixture = gateFixture({ budgets: [dollars("$100")], log });
    await gateBudget(fixture.gate, costing("$1"));
    log.failure = "rejects";
    const lost = await Promise.all(Array.from({ length: 10 }, () => fixture.gate.decide(costing("$1"))));
    expect(lost.every(({ code }) => code === "receipt_log_failed")).toBe(true);
    log.failure = "none";
    const after = await Promise.all(Array.from({ length: 10 }, () => fixture.gate.decide(costing("$1"))));
    expect(after.every(({ outcome }) => outcome === "allow")).toBe(true);
    expect(await fixture.money("money")).toEqual({ spent: 0n, held: nano("11") });
    await fixture.check();
  });

  it("writes a settlement once that the log kept after its time was up", async () => {
    const log = new FailingLog();
    const fixture = gateFixture({ budgets, log });
    const permit = await gateBudget(fixture.gate, costing("$1"));
    log.failure = "hangs";
    const settling = permit.settle();
    await new Promise((resolve) => setImmediate(resolve));
    fixture.clock.advance(5000);
    expect(await settling).toMatchObject({ outcome: "settled", receipt: null });
    expect(await decided(fixture)).toMatchObject({ code: "receipt_log_failed" });
    log.failure = "none";
    log.answer();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await decided(fixture)).toMatchObject({ outcome: "allow" });
    await fixture.check();
  });

  it("denies on a chain that another key signed, that is closed, or that comes from the future", async () => {
    const log = memoryLog();
    const signer = createSigner();
    const clock = manualClock();
    const first = gateFixture({ log, signer, clock, chain: "main" });
    await gateBudget(first.gate, costing("$1"));
    const other = gateFixture({ log, clock, chain: "main" });
    expect((await other.gate.decide(costing("$1"))).reason).toMatch(/was signed by key .* give that signer/);
    const past = gateFixture({ log, signer, clock: manualClock(clock.now() - 60_000), chain: "main" });
    expect(await past.gate.decide(costing("$1"))).toMatchObject({ code: "clock_went_back" });
    const again = gateFixture({ log, signer, clock, chain: "main" });
    expect(await again.gate.decide(costing("$1"))).toMatchObject({ outcome: "allow" });
    await again.gate.close();
    const late = gateFixture({ log, signer, clock, chain: "main" });
    expect((await late.gate.decide(costing("$1"))).reason).toMatch(/is closed: give the gate another chain/);
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

  it("does not fail open without a receipt", async () => {
    const log = new FailingLog();
    log.failure = "rejects";
    const fixture = gateFixture({ budgets, log, failure: "open" });
    expect(await decided(fixture)).toMatchObject({ outcome: "deny", code: "receipt_log_failed" });
  });
});
