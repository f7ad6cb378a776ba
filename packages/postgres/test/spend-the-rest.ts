import { strict as assert } from "node:assert";
import { leased } from "@tollgate/core/leases";
import { type PostgresPool, postgresLedger } from "../src/index.ts";
import { leaseTtlMs } from "./kill-rounds.ts";
import { moneyGate } from "./money-gate.ts";
import { centNano, spend, type Told } from "./spend.ts";

/** Spends through leases what is left of a budget of whole dollars that nobody else uses, to the last cent. */
export async function spendTheRest(
  pool: PostgresPool,
  slice: string,
  limit: bigint,
): Promise<readonly Told[]> {
  const told: Told[] = [];
  const gate = moneyGate(pool, `$${limit / 100n / centNano}`, {
    ledger: leased(postgresLedger(pool), { slice, ttl: leaseTtlMs }),
  });
  await spend(gate, { callers: 4, isOver: () => false, inFull: true, tell: (each) => told.push(each) });
  await gate.close();
  const [balance] = await postgresLedger(pool).balances({});
  assert.equal(balance?.held, 0n);
  const left = limit - balance.spent;
  assert.ok(left < centNano, `${left} of ${limit} were left`);
  return told;
}
