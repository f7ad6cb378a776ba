import { strict as assert } from "node:assert";
import type { Receipt } from "@tollgate/core";
import type pg from "pg";
import { postgresLedger, postgresLog } from "../src/index.ts";
import { bothBooks, checkBooks } from "./books.ts";
import { all, until } from "./fixture.ts";
import { moneyGate } from "./money-gate.ts";
import { spenderName, type Told } from "./spend.ts";

/**
 * Waits until a gate that lives has cleared up behind those that do not, and checks that nothing that anybody was
 * told is lost, nothing was overspent, nothing is held, all chains verify and come to the ledger's balances, and each
 * decision that held something has ended once, whatever was granted out of leases and told to nobody.
 */
export async function checkSpending(pool: pg.Pool, told: readonly Told[], limit: bigint): Promise<void> {
  // What a process had asked before it was killed the server may still be doing, where it is busy.
  await until(
    async () => {
      const text =
        "SELECT FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()";
      return (await pool.query(text, [spenderName])).rowCount;
    },
    (connections) => connections === 0,
  );
  // Whoever ended something is gone for certain: what has no receipt yet will get none.
  const gate = moneyGate(pool, "$0.01", {}, { recordWithinMs: 1000 });
  try {
    await until(
      async () => {
        const balances = await gate.balances();
        if (balances.some(({ held }) => held > 0n)) return "held";
        const [replayed, kept] = await bothBooks(pool, await all(postgresLog(pool).read()));
        return JSON.stringify(replayed) === JSON.stringify(kept) ? "even" : "uneven";
      },
      (state) => state === "even",
    );
  } finally {
    await gate.close();
  }
  const receipts = await checkBooks(pool);
  const kept = keptIn(receipts);
  for (const each of told) {
    if (each.what === "decided") assert.ok(kept.decisions.has(each.id), `decision ${each.id} is lost`);
    if (each.what === "released") assert.equal(kept.endings.get(each.id), "released");
    if (each.what === "settled") assert.equal(kept.endings.get(each.id), `settled ${each.amount}`);
  }
  for (const [id, ends] of kept.ends) {
    // Who told of the expiry may have died over it, but not everybody who could tell of an ending.
    assert.match(
      ends.sort().join(", "),
      /^(expired|settled|released|(expired, )?late)$/,
      `reservation ${id}`,
    );
  }
  const [balance] = await postgresLedger(pool).balances({});
  assert.equal(balance?.held, 0n);
  assert.ok(balance.spent - kept.overage <= limit, `${balance.spent} spent of ${limit}`);
}

/** What receipts say of each reservation, by the decision's id. */
function keptIn(receipts: readonly Receipt[]): {
  readonly decisions: ReadonlySet<string>;
  readonly endings: ReadonlyMap<string, string>;
  /** How each reservation has ended, by its id; `late` is a settlement after expiry. */
  readonly ends: ReadonlyMap<string, string[]>;
  readonly overage: bigint;
} {
  const decisions = new Set<string>();
  const endings = new Map<string, string>();
  const ends = new Map<string, string[]>();
  let overage = 0n;
  // Chains come one by one, so that an ending may stand before its decision.
  const note = (id: string | null, ...more: readonly string[]): void => {
    if (id !== null) ends.set(id, [...(ends.get(id) ?? []), ...more]);
  };
  for (const { body } of receipts) {
    if (body.type === "decision") {
      decisions.add(body.id);
      note(body.reservation);
    }
    if (body.type === "settlement") note(body.reservation, body.late === true ? "late" : body.outcome);
    if (body.type !== "settlement" || body.outcome === "expired") continue;
    const amount = body.amounts.find(({ unit }) => unit === "usd");
    endings.set(body.decision, amount === undefined ? body.outcome : `${body.outcome} ${amount.amount}`);
    for (const over of body.overage ?? []) overage += BigInt(over.amount);
    // What a settlement after expiry did not fit into is not known where its process died.
    if (body.late === true && body.overage === undefined) overage += BigInt(amount?.amount ?? 0);
  }
  return { decisions, endings, ends, overage };
}
