import { type ActionInput, createGate, type Gate, type GateOptions, staticPrices } from "@tollgate/core";
import { type PostgresLedgerOptions, type PostgresPool, postgresLedger, postgresLog } from "../src/index.ts";

/** A gate with one budget of dollars for all time, all of it in PostgreSQL. */
export function moneyGate(
  pool: PostgresPool,
  limit: string,
  options: GateOptions = {},
  ledger: PostgresLedgerOptions = {},
): Gate {
  return createGate({
    budgets: [{ id: "money", limit }],
    prices: staticPrices({ models: {} }),
    ledger: postgresLedger(pool, ledger),
    log: postgresLog(pool),
    ...options,
  });
}

/** A tool call that costs this much at most. */
export function costing(usd: string, more: Partial<ActionInput> = {}): ActionInput {
  return { kind: "tool", name: "pay", amounts: { usd }, ...more };
}
