import { createGate, type Gate } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { type PostgresPool, postgresApprovals, postgresLog } from "../src/index.ts";
import { range } from "./fixture.ts";

/** What every run wants to do. */
export const pay = { kind: "tool", name: "pay", params: { to: "bob" } } as const;

/** The ids of the runs that several processes go on with. */
export const runs: readonly string[] = range(30).map((nth) => `run-${nth}`);

/** A gate on a database that asks a person about everything. */
export function approvingGate(pool: PostgresPool): Gate {
  return createGate({
    storageTimeoutMs: 60_000,
    log: postgresLog(pool, { timeoutMs: 30_000 }),
    approvals: postgresApprovals(pool, { timeoutMs: 30_000 }),
    evaluators: [evaluator("careful", () => ({ decision: "require_approval", reason: "always" }))],
  });
}
