import { strict as assert } from "node:assert";
import type { Balance, Receipt } from "@tollgate/core";
import { replayBalances, verifyChain } from "@tollgate/core/verify";
import { type PostgresPool, postgresLedger, postgresLog } from "../src/index.ts";
import { all } from "./fixture.ts";

/** Checks that all chains verify and come to the ledger's balances; answers the receipts. */
export async function checkBooks(pool: PostgresPool): Promise<readonly Receipt[]> {
  const receipts = await all(postgresLog(pool).read());
  const report = await verifyChain(receipts);
  assert.equal(report.break, null, JSON.stringify(report.break));
  const [replayed, kept] = await bothBooks(pool, receipts);
  assert.deepEqual(replayed, kept, "the receipts and the ledger disagree");
  return receipts;
}

/** What the receipts come to, and what the ledger says. */
export async function bothBooks(
  pool: PostgresPool,
  receipts: readonly Receipt[],
): Promise<readonly [readonly string[], readonly string[]]> {
  const kept = await postgresLedger(pool).balances({});
  return [briefly(await replayBalances(receipts)), briefly(kept)];
}

function briefly(
  balances: readonly Pick<Balance, "budget" | "partition" | "window" | "unit" | "spent" | "held">[],
): readonly string[] {
  return balances
    .filter(({ spent, held }) => spent !== 0n || held !== 0n)
    .map(({ budget, partition, window, unit, spent, held }) =>
      [budget, partition, window, unit, spent, held].join(" "),
    )
    .sort();
}
