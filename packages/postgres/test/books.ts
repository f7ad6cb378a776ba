import { strict as assert } from "node:assert";
import type { Balance, Receipt } from "@tollgate/core";
import { replayBalances, verifyChain } from "@tollgate/core/verify";
import { type PostgresPool, postgresLedger, postgresLog } from "../src/index.ts";
import { all } from "./fixture.ts";

/**
 * Whether some that died had leases: what they granted last, and had not told anybody, is held in the receipts alone.
 */
export type Books = "leased" | "unleased";

/** Checks that all chains verify and come to the ledger's balances; answers the receipts. */
export async function checkBooks(pool: PostgresPool, how: Books = "unleased"): Promise<readonly Receipt[]> {
  const receipts = await all(postgresLog(pool).read());
  const report = await verifyChain(receipts);
  assert.equal(report.break, null, JSON.stringify(report.break));
  const [replayed, kept] = await bothBooks(pool, receipts, how);
  assert.deepEqual(replayed, kept, "the receipts and the ledger disagree");
  return receipts;
}

/** What the receipts come to, and what the ledger says. */
export async function bothBooks(
  pool: PostgresPool,
  receipts: readonly Receipt[],
  how: Books = "unleased",
): Promise<readonly [readonly string[], readonly string[]]> {
  const kept = await postgresLedger(pool).balances({});
  return [briefly(await replayBalances(receipts), how), briefly(kept, how)];
}

function briefly(
  balances: readonly Pick<Balance, "budget" | "partition" | "window" | "unit" | "spent" | "held">[],
  how: Books,
): readonly string[] {
  return balances
    .map((balance) => (how === "leased" ? { ...balance, held: 0n } : balance))
    .filter(({ spent, held }) => spent !== 0n || held !== 0n)
    .map(({ budget, partition, window, unit, spent, held }) =>
      [budget, partition, window, unit, spent, held].join(" "),
    )
    .sort();
}
