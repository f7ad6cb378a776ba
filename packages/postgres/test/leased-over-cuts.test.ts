import { type LeasedLedger, leased } from "@tollgate/core/leases";
import { describe, expect, it } from "vitest";
import { postgresLedger } from "../src/index.ts";
import { claim, grant, range, request } from "./fixture.ts";
import { startShakyServer } from "./shaky-server.ts";

const { proxy, pool, shaky } = await startShakyServer();

const limit = 1000n;

function process(): LeasedLedger {
  return leased(postgresLedger(shaky, { timeoutMs: 1000 }), { slice: "$0.0000002" });
}

/** What a gate asks for with keys of its own. */
function fresh(key: string, amount = 10n) {
  const claims = [claim({ amount, limit })];
  return { ...request(key, claims), id: key, expiresAt: Date.now() + 60_000, fresh: true };
}

describe.each(["answer", "question"] as const)("leases over a connection that loses the %s", (lose) => {
  it("to what was granted and settled, book everything once", async () => {
    const ledger = process();
    const held = [];
    for (const nth of range(8)) held.push(await grant(ledger, fresh(`k${nth}`)));
    const cut = proxy.cut("tollgate.record", lose);
    const settled = held.slice(0, 4).map((one) => ledger.settle(one, { usd: 7n }, "reported"));
    await cut;
    for (const answer of await Promise.all(settled)) {
      expect(answer).toMatchObject({ status: "settled", late: false, charges: [{ actual: 7n }] });
    }
    for (const one of held.slice(4))
      expect(await ledger.release(one, "not sent")).toEqual({ status: "released" });
    await ledger.close();
    expect(await postgresLedger(pool).balances({})).toMatchObject([{ spent: 28n, held: 0n }]);
  });

  it("to a lease that was asked for or given back, hold nothing in the end", async () => {
    const ledger = process();
    const asked = proxy.cut("tollgate.reserve", lose);
    const held = grant(ledger, fresh("a"));
    await asked;
    await ledger.settle(await held, { usd: 7n }, "reported");
    const back = proxy.cut("tollgate.release", lose);
    const closed = ledger.close();
    await back;
    await closed;
    expect(await postgresLedger(pool).balances({})).toMatchObject([{ spent: 7n, held: 0n }]);
  });
});

describe("what arrives after it was given up", () => {
  it("changes nothing where it was told again meanwhile", async () => {
    const ledger = process();
    const held = await grant(ledger, fresh("a"));
    const delayed = proxy.delay("tollgate.record");
    const settled = ledger.settle(held, { usd: 7n }, "reported");
    const arrive = await delayed;
    expect(await settled).toMatchObject({ status: "settled", charges: [{ actual: 7n }] });
    await arrive();
    await ledger.close();
    expect(await postgresLedger(pool).balances({})).toMatchObject([{ spent: 7n, held: 0n }]);
  });
});
