import { createGate, type Gate } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { sqliteApprovals, sqliteFile, sqliteLog } from "../src/index.ts";

/** What every run wants to do. */
export const pay = { kind: "tool", name: "pay", params: { to: "bob" } } as const;

/** The ids of the runs that several processes go on with. */
export const runs: readonly string[] = Array.from({ length: 40 }, (_, nth) => `run-${nth}`);

/** A gate on a file that asks a person about everything. */
export function approvingGate(path: string): Gate {
  const file = sqliteFile(path, { durability: "normal", busyTimeoutMs: 30_000 });
  return createGate({
    storageTimeoutMs: 60_000,
    log: sqliteLog(file),
    approvals: sqliteApprovals(file),
    evaluators: [evaluator("careful", () => ({ decision: "require_approval", reason: "always" }))],
  });
}
