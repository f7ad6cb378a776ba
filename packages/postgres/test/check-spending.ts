import { strict as assert } from "node:assert";
import type { Receipt } from "@tollgate/core";
import { type PostgresPool, postgresLedger, postgresLog } from "../src/index.ts";
import { type Books, bothBooks, checkBooks } from "./books.ts";
import { all, until } from "./fixture.ts";
import { moneyGate } from "./money-gate.ts";
import type { Told } from "./spend.ts";

/**
 * Waits until a gate that lives has cleared up behind those that do not, and checks that nothing that anybody was
 * told is lost, nothing was overspent, nothing is held, all chains verify, and come to the ledger's balances.
 *
 * Where they were leased, what was granted last before a process died may be in the receipts alone: it is held there.
 */
export async function checkSpending(
  pool: PostgresPool,
  told: readonly Told[],
  limit: bigint,
  how: Books = "unleased",
): Promise<void> {
  // Whoever ended something is gone for certain: what has no receipt yet will get none.
  const gate = moneyGate(pool, "$0.01", {}, { recordWithinMs: 1000 });
  try {
    await until(
      async () => {
        const balances = await gate.balances();
        if (balances.some(({ held }) => held > 0n)) return "held";
        const [replayed, kept] = await bothBooks(pool, await all(postgresLog(pool).read()), how);
        return JSON.stringify(replayed) === JSON.stringify(kept) ? "even" : "uneven";
      },
      (state) => state === "even",
    );
  } finally {
    await gate.close();
  }
  const receipts = await checkBooks(pool, how);
  const kept = keptIn(receipts);
  for (const each of told) {
    if (each.what === "decided") assert.ok(kept.decisions.has(each.id), `decision ${each.id} is lost`);
    if (each.what === "released") assert.equal(kept.endings.get(each.id), "released");
    if (each.what === "settled") assert.equal(kept.endings.get(each.id), `settled ${each.amount}`);
  }
  const [balance] = await postgresLedger(pool).balances({});
  assert.equal(balance?.held, 0n);
  assert.ok(balance.spent - kept.overage <= limit, `${balance.spent} spent of ${limit}`);
}

/** What receipts say of each reservation, by the decision's id. */
function keptIn(receipts: readonly Receipt[]): {
  readonly decisions: ReadonlySet<string>;
  readonly endings: ReadonlyMap<string, string>;
  readonly overage: bigint;
} {
  const decisions = new Set<string>();
  const endings = new Map<string, string>();
  let overage = 0n;
  for (const { body } of receipts) {
    if (body.type === "decision") decisions.add(body.id);
    if (body.type !== "settlement" || body.outcome === "expired") continue;
    const amount = body.amounts.find(({ unit }) => unit === "usd");
    endings.set(body.decision, amount === undefined ? body.outcome : `${body.outcome} ${amount.amount}`);
    for (const over of body.overage ?? []) overage += BigInt(over.amount);
    // What a settlement after expiry did not fit into is not known where its process died.
    if (body.late === true && body.overage === undefined) overage += BigInt(amount?.amount ?? 0);
  }
  return { decisions, endings, overage };
}
