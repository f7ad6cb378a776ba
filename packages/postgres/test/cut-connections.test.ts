import { gateBudget } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { postgresLedger } from "../src/index.ts";
import { checkBooks } from "./books.ts";
import { claim, grant, request, until } from "./fixture.ts";
import { costing, moneyGate } from "./money-gate.ts";
import { startShakyServer } from "./shaky-server.ts";

const { proxy, pool, shaky } = await startShakyServer();

describe.each(["answer", "question"] as const)("a ledger that loses the %s", (lose) => {
  const ledger = postgresLedger(shaky);

  it("to reserve asks again, and holds once", async () => {
    const cut = proxy.cut("tollgate.reserve", lose);
    const answer = ledger.reserve(request("a"));
    await cut;
    expect(await answer).toMatchObject({ status: "reserved", replayed: false, balances: [{ held: 10n }] });
    expect(await ledger.reserve(request("a"))).toMatchObject({ status: "reserved", replayed: true });
  });

  it("to reserve tells a grant of somebody else's from its own", async () => {
    await grant(ledger, request("a"));
    const cut = proxy.cut("tollgate.reserve", lose);
    const answer = ledger.reserve({ ...request("a"), id: "another" });
    await cut;
    expect(await answer).toMatchObject({ status: "reserved", replayed: true });
  });

  it("to a refusal is refused the same", async () => {
    const cut = proxy.cut("tollgate.reserve", lose);
    const answer = ledger.reserve(request("a", [claim({ amount: 101n })]));
    await cut;
    expect(await answer).toMatchObject({ status: "refused", exceeded: [{ spent: 0n, held: 0n }] });
  });

  it("to settle books once, and answers what it booked", async () => {
    const held = await grant(ledger, request("a"));
    const cut = proxy.cut("tollgate.settle", lose);
    const answer = ledger.settle(held, { usd: 15n }, "reported");
    await cut;
    expect(await answer).toMatchObject({
      status: "settled",
      charges: [{ actual: 15n, overage: 5n }],
      late: false,
    });
    expect(await ledger.balances({})).toMatchObject([{ spent: 15n, held: 0n }]);
    expect(await ledger.settle(held, { usd: 15n }, "reported")).toMatchObject({ ended: "settled" });
  });

  it("to release or extend does it once", async () => {
    const held = await grant(ledger, request("a"));
    const cutExtend = proxy.cut("tollgate.extend", lose);
    const extended = ledger.extend(held, Date.now() + 600_000);
    await cutExtend;
    expect(await extended).toBe(true);
    const cutRelease = proxy.cut("tollgate.release", lose);
    const released = ledger.release(held, "not sent");
    await cutRelease;
    expect(await released).toEqual({ status: "released" });
    expect(await ledger.balances({})).toMatchObject([{ held: 0n }]);
  });

  it("to an adjustment adjusts once", async () => {
    await grant(ledger, request("a"));
    const cut = proxy.cut("tollgate.adjust", lose);
    const adjusted = ledger.adjust({
      id: "one",
      kind: "correction",
      budget: "b",
      partition: "",
      window: "total",
      unit: "usd",
      amount: 7n,
      by: "carol",
      reason: "x",
    });
    await cut;
    expect(await adjusted).toMatchObject({ spent: 7n });
    expect(await ledger.adjustments()).toHaveLength(1);
  });
});

it("a release that did not arrive, and that somebody else made meanwhile, is not taken for one's own", async () => {
  const ledger = postgresLedger(shaky);
  const held = await grant(ledger, request("a"));
  const other = await pool.connect();
  await other.query("BEGIN");
  // The second try waits for this row.
  await other.query("SELECT FROM tollgate.reservations WHERE key = 'a' FOR UPDATE");
  const cut = proxy.cut("tollgate.release", "question");
  const released = ledger.release(held, "not sent");
  await cut;
  await other.query("SELECT tollgate.release($1, $2, NULL, $3)", [
    held.key,
    held.id,
    "released by carol: stuck",
  ]);
  await other.query("COMMIT");
  other.release();
  expect(await released).toEqual({ status: "conflict", ended: "released", otherwise: true });
  expect(await ledger.balances({})).toMatchObject([{ held: 0n }]);
});

describe("a gate over shaky connections", () => {
  it.each(["answer", "question"] as const)(
    "decides and settles when each step loses its %s",
    async (lose) => {
      const gate = moneyGate(shaky, "$5");
      const decideCuts = proxy.cut("tollgate.reserve", lose);
      const permit = await gateBudget(gate, costing("$1"));
      await decideCuts;
      const cut = proxy.cut("tollgate.settle", lose);
      const settled = await permit.settle({ amounts: { usd: 400_000_000n } });
      await cut;
      expect(settled).toMatchObject({ outcome: "settled", late: false });
      await gate.close();
      await checkBooks(pool);
    },
  );

  it("keeps the receipt of a settlement whose append lost its answer, once", async () => {
    const gate = moneyGate(shaky, "$5");
    const permit = await gateBudget(gate, costing("$1"));
    const cut = proxy.cut("tollgate.append", "answer");
    expect((await permit.settle()).receipt).not.toBe(null);
    await cut;
    await gate.close();
    await checkBooks(pool);
  });

  it("refuses a decision whose receipt was not stored, and gives its money back", async () => {
    const gate = moneyGate(shaky, "$5");
    await (await gateBudget(gate, costing("$1"))).settle();
    const cut = proxy.cut("tollgate.append", "question");
    const decision = await gate.decide(costing("$1"));
    await cut;
    expect(decision).toMatchObject({ outcome: "deny", code: "receipt_log_failed" });
    await until(
      () => gate.balances(),
      ([balance]) => balance?.held === 0n,
    );
    await gate.close();
    await checkBooks(pool);
  });

  it("records an expiry of which nobody was told", async () => {
    const gate = moneyGate(shaky, "$5", { reservationTtlMs: 100 }, { recordWithinMs: 1000 });
    await gateBudget(gate, costing("$1"));
    await until(
      () => pool.query("SELECT FROM tollgate.reservations WHERE due_at <= tollgate.now_ms()"),
      ({ rowCount }) => rowCount === 1,
    );
    const cut = proxy.cut("tollgate.expire(", "answer");
    await until(
      () => gate.balances(),
      ([balance]) => balance?.held === 0n,
    );
    await cut;
    await until(
      () => gate.balances().then(() => checkBooks(pool).catch(() => null)),
      (receipts) => receipts !== null,
    );
    await gate.close();
  });
});
