import { createSigner, gateBudget, type Ledger, memoryLedger, memoryLog } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { decided } from "./decide-late.ts";
import { FailingLog } from "./failing-log.ts";
import { costing, dollars, gateFixture, nano } from "./gate-fixture.ts";

const budgets = [dollars("$5")];

describe("a receipt log that fails", () => {
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
    const ledger: Ledger = Object.assign(Object.create(sound) as Ledger, {
      nextExpiry: () => sound.nextExpiry(),
      expire: (now: number) => sound.expire(now),
      reserve: (request: Parameters<Ledger["reserve"]>[0]) => {
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
    expect((await other.gate.decide(costing("$1"))).reason).toMatch(/goes on under key .* give its signer/);
    const past = gateFixture({ log, signer, clock: manualClock(clock.now() - 60_000), chain: "main" });
    expect(await past.gate.decide(costing("$1"))).toMatchObject({ code: "clock_went_back" });
    const again = gateFixture({ log, signer, clock, chain: "main" });
    expect(await again.gate.decide(costing("$1"))).toMatchObject({ outcome: "allow" });
    await again.gate.close();
    const late = gateFixture({ log, signer, clock, chain: "main" });
    expect((await late.gate.decide(costing("$1"))).reason).toMatch(/is closed: give another chain/);
  });

  it("does not fail open without a receipt", async () => {
    const log = new FailingLog();
    log.failure = "rejects";
    const fixture = gateFixture({ budgets, log, failure: "open" });
    expect(await decided(fixture)).toMatchObject({ outcome: "deny", code: "receipt_log_failed" });
  });
});
