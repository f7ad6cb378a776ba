import { describe, expect, it } from "vitest";
import { claim, expireAll, grant, request, setup } from "../../test/ledger-fixture.ts";
import { StorageFailed } from "../errors.ts";
import type { Claim, Reservation } from "./ledger.ts";

const day = 86_400_000;

describe("forgetting ended reservations", () => {
  it("answers how they ended for a while, and forgotten after it", () => {
    const { clock, ledger } = setup({ endedMs: 100 });
    ledger.settle(grant(ledger, "a"), {});
    clock.at = 99;
    ledger.release(grant(ledger, "b"));
    expect(ledger.reserve(request("a"))).toMatchObject({ reason: "already_settled" });
    clock.at = 100;
    ledger.release(grant(ledger, "c"));
    expect(ledger.reserve(request("a"))).toEqual({ status: "conflict", reason: "forgotten" });
    expect(ledger.reserve(request("b"))).toMatchObject({ reason: "already_released" });
  });

  it("keeps no more than stated, oldest forgotten first", () => {
    const { ledger } = setup({ endedCount: 3 });
    for (const key of ["a", "b", "c", "d", "e"]) ledger.release(grant(ledger, key));
    const reasons = ["a", "b", "c", "d", "e"].map((key) => ledger.reserve(request(key)));
    expect(reasons.map((answer) => answer.status === "conflict" && answer.reason)).toEqual([
      "forgotten",
      "forgotten",
      "already_released",
      "already_released",
      "already_released",
    ]);
  });

  it("never grants a burned key, whether its refusal is remembered or not", () => {
    const { clock, ledger } = setup({ endedMs: 100 });
    const all = grant(ledger, "all", [claim({ amount: 100n })]);
    expect(ledger.reserve(request("a"))).toMatchObject({ status: "refused" });
    ledger.release(all);
    expect(ledger.reserve(request("a"))).toMatchObject({ status: "refused", exceeded: [{ held: 100n }] });
    clock.at = 100;
    ledger.release(grant(ledger, "b"));
    expect(ledger.reserve(request("a"))).toEqual({ status: "conflict", reason: "forgotten" });
  });

  it("knows nothing of a forgotten reservation that is settled or released", () => {
    const { ledger } = setup({ endedCount: 0 });
    const reservation = grant(ledger, "a");
    ledger.settle(reservation, {});
    expect(ledger.settle(reservation, {})).toEqual({ status: "conflict", ended: "unknown" });
    expect(ledger.release(reservation)).toEqual({ status: "conflict", ended: "unknown" });
    expect(ledger.extend(reservation, 5)).toBe(false);
  });

  it("knows nothing of a reservation that another ledger granted under the same key", () => {
    const { ledger } = setup();
    const reservation = grant(ledger, "a");
    const foreign = { ...reservation, id: "other" };
    expect(ledger.settle(foreign, {})).toEqual({ status: "conflict", ended: "unknown" });
    expect(ledger.release(foreign)).toEqual({ status: "conflict", ended: "unknown" });
    expect(ledger.extend(foreign, 5)).toBe(false);
  });

  it("never forgets an open one", () => {
    const { clock, ledger } = setup({ endedMs: 1, endedCount: 0, expiredMs: 1, expiredCount: 0, runMs: 1 });
    const reservation = grant(ledger, "a", [claim({ window: "run:1" })], 10 * day);
    clock.at = 9 * day;
    for (let index = 0; index < 20; index++) ledger.release(grant(ledger, `k${index}`));
    expect(ledger.reserve(request("a", [claim({ window: "run:1" })]))).toMatchObject({ replayed: true });
    expect(ledger.settle(reservation, { usd: 4n })).toMatchObject({ status: "settled", late: false });
  });

  it("lets an expired one settle for as long as stated, and not after", async () => {
    const { clock, ledger } = setup({ expiredMs: 100 });
    const reservations = ["a", "b"].map((key) => grant(ledger, key, undefined, 10));
    await expireAll(ledger, 10);
    clock.at = 99;
    expect(ledger.settle(reservations[0] as Reservation, { usd: 4n })).toMatchObject({ late: true });
    clock.at = 100;
    grant(ledger, "c");
    expect(ledger.settle(reservations[1] as Reservation, { usd: 4n })).toEqual({
      status: "conflict",
      ended: "unknown",
    });
    expect(ledger.reserve(request("b"))).toEqual({ status: "conflict", reason: "forgotten" });
    expect(ledger.balances({})).toMatchObject([{ spent: 4n }]);
  });

  it("keeps the last so many expired ones alone", async () => {
    const { ledger } = setup({ expiredCount: 2 });
    const reservations = ["a", "b", "c"].map((key, index) => grant(ledger, key, undefined, index));
    await expireAll(ledger, 10);
    expect(reservations.map((reservation) => ledger.settle(reservation, {}).status)).toEqual([
      "conflict",
      "settled",
      "settled",
    ]);
  });

  it("does not forget sooner, nor grant again, when the clock is set back", () => {
    const { clock, ledger } = setup({ endedMs: 100, endedCount: 5 });
    clock.at = 1_000_000;
    ledger.settle(grant(ledger, "a"), {});
    clock.at = 0;
    for (let index = 0; index < 4; index++) ledger.release(grant(ledger, `k${index}`));
    expect(ledger.reserve(request("a"))).toMatchObject({ reason: "already_settled" });
    for (let index = 4; index < 8; index++) ledger.release(grant(ledger, `k${index}`));
    expect(ledger.reserve(request("a"))).toMatchObject({ reason: "forgotten" });
  });
});

describe("forgetting balances", () => {
  const hour = (window: string, endsAt: number, changes: Partial<Claim> = {}) =>
    claim({ budget: "hourly", window, endsAt, ...changes });

  it("keeps an ended window's for as long as stated", () => {
    const { clock, ledger } = setup({ windowMs: 50 });
    ledger.settle(grant(ledger, "a", [hour("w1", 100)]), {});
    clock.at = 149;
    ledger.release(grant(ledger, "b", [hour("w2", 200)]));
    expect(ledger.balances({ window: "w1" })).toHaveLength(1);
    clock.at = 150;
    ledger.release(grant(ledger, "c", [hour("w2", 200)]));
    expect(ledger.balances({ window: "w1" })).toEqual([]);
    expect(ledger.balances({ window: "w2" })).toHaveLength(1);
  });

  it("does not grant anew from an ended window when the clock is set back", () => {
    const { clock, ledger } = setup({ windowMs: 50 });
    ledger.settle(grant(ledger, "a", [hour("w1", 100, { amount: 100n })]), {});
    clock.at = 150;
    ledger.release(grant(ledger, "b", [hour("w2", 200)]));
    clock.at = 10;
    expect(() => ledger.reserve(request("c", [hour("w1", 100)]))).toThrow(StorageFailed);
    expect(() => ledger.reserve(request("c", [hour("w1", 100)]))).toThrow(/"hourly" in the window w1/);
    expect(ledger.reserve(request("d", [hour("w2", 200)]))).toMatchObject({ status: "reserved" });
  });

  it("fails only for what was forgotten: other budgets may still use as old a window", () => {
    const { clock, ledger } = setup({ windowMs: 0 });
    ledger.settle(grant(ledger, "a", [hour("w1", 100)]), {});
    clock.at = 150;
    ledger.release(grant(ledger, "b", [claim()]));
    clock.at = 10;
    expect(ledger.reserve(request("c", [hour("w1", 100, { budget: "other" })]))).toMatchObject({
      status: "reserved",
    });
  });

  it("keeps an ended window's while a reservation may still settle there", async () => {
    const { clock, ledger } = setup({ windowMs: 50, expiredMs: 1000 });
    const open = grant(ledger, "a", [hour("w1", 100)], 500);
    clock.at = 500;
    ledger.release(grant(ledger, "b", [claim()]));
    expect(ledger.balances({ window: "w1" })).toMatchObject([{ held: 10n }]);
    await expireAll(ledger, 500);
    expect(ledger.balances({ window: "w1" })).toMatchObject([{ held: 0n }]);
    ledger.settle(open, { usd: 4n });
    // Settling it was the last that could happen there.
    expect(ledger.balances({ window: "w1" })).toEqual([]);
  });

  it("forgets a run after it was not used for as long as stated, and then fails for it", () => {
    const { clock, ledger } = setup({ runMs: 100 });
    const run = claim({ window: "run:1", amount: 100n });
    ledger.settle(grant(ledger, "a", [run]), {});
    clock.at = 99;
    ledger.release(grant(ledger, "b", [{ ...run, amount: 0n }]));
    clock.at = 198;
    ledger.release(grant(ledger, "c", [claim({ budget: "other" })]));
    expect(ledger.balances({ window: "run:1" })).toHaveLength(1);
    clock.at = 199;
    ledger.release(grant(ledger, "d", [claim({ budget: "other" })]));
    expect(ledger.balances({ window: "run:1" })).toEqual([]);
    expect(() => ledger.reserve(request("e", [run]))).toThrow(StorageFailed);
    expect(() => ledger.reserve(request("e", [run]))).toThrow(/"b" for run:1 was forgotten/);
    expect(ledger.reserve(request("f", [{ ...run, window: "run:2" }]))).toMatchObject({ status: "reserved" });
  });

  it("keeps the balances of so many runs, longest unused forgotten first, none with money held", () => {
    const { ledger } = setup({ runCount: 2 });
    const held = grant(ledger, "held", [claim({ window: "run:0" })]);
    for (const run of [1, 2, 3]) ledger.release(grant(ledger, `k${run}`, [claim({ window: `run:${run}` })]));
    ledger.release(grant(ledger, "again", [claim({ window: "run:2" })]));
    ledger.release(grant(ledger, "k4", [claim({ window: "run:4" })]));
    expect(ledger.balances({}).map(({ window }) => window)).toEqual(["run:0", "run:2", "run:4"]);
    expect(ledger.settle(held, {})).toMatchObject({ status: "settled" });
  });

  it("never forgets a total", () => {
    const { clock, ledger } = setup({ runMs: 1, runCount: 0, windowMs: 0 });
    ledger.settle(grant(ledger, "a", [claim({ amount: 100n })]), {});
    clock.at = 1000 * day;
    for (let index = 0; index < 20; index++) ledger.release(grant(ledger, `k${index}`, []));
    expect(ledger.reserve(request("b"))).toMatchObject({ status: "refused" });
  });
});

describe("memory", () => {
  it("stays flat over 100,000 calls of 10,000 runs in 1,000 hours, whether settled, released or expired", async () => {
    const retention = {
      endedMs: 1000,
      endedCount: 50,
      expiredMs: 5000,
      expiredCount: 60,
      windowMs: 1000,
      runMs: 2000,
      runCount: 70,
      fingerprints: 500,
    };
    const { clock, ledger } = setup(retention);
    let most = { open: 0, ended: 0, expired: 0, balances: 0, fingerprints: 0 };
    for (let index = 0; index < 100_000; index++) {
      clock.at += 10;
      const hour = Math.floor(clock.at / 1000);
      const reservation = grant(
        ledger,
        `key/${index}`,
        [
          claim({ budget: "run", window: `run:${Math.floor(index / 10)}` }),
          claim({ budget: "hour", window: `h${hour}`, endsAt: (hour + 1) * 1000, limit: null }),
        ],
        clock.at + 100,
      );
      if (index % 3 === 0) ledger.settle(reservation, { usd: 5n });
      else if (index % 3 === 1) ledger.release(reservation);
      else if (index % 30 === 2) await expireAll(ledger, clock.at);
      const now = ledger.sizes();
      most = {
        open: Math.max(most.open, now.open),
        ended: Math.max(most.ended, now.ended),
        expired: Math.max(most.expired, now.expired),
        balances: Math.max(most.balances, now.balances),
        fingerprints: Math.max(most.fingerprints, now.fingerprints),
      };
    }
    expect(most.open).toBeLessThanOrEqual(20);
    expect(most.ended).toBeLessThanOrEqual(50);
    expect(most.expired).toBeLessThanOrEqual(60);
    // Idle runs, those with something held or expired, and the few windows not yet over for long enough.
    expect(most.balances).toBeLessThanOrEqual(70 + 20 + 60 + 20);
    expect(most.fingerprints).toBeLessThanOrEqual(2000);
    // Each bound was really met, so that none of them holds for want of load.
    expect(most).toMatchObject({ ended: 50, expired: 60, fingerprints: expect.any(Number) });
    expect(most.fingerprints).toBeGreaterThan(1000);
  });
});
