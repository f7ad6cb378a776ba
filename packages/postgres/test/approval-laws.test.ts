import { approvalLaws } from "@tollgate/conformance/approval-laws";
import { approvalRecoveryLaws } from "@tollgate/conformance/approval-recovery";
import { stopLaws } from "@tollgate/conformance/stop-laws";
import type { SharedStopsOptions } from "@tollgate/core/driver";
import { afterAll, describe, it } from "vitest";
import { migrate, postgresApprovals, postgresStops } from "../src/index.ts";
import { losing } from "./losing-pool.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool({ max: 16 });
await migrate(pool);

describe("approvals in PostgreSQL", () => {
  const make = async () => {
    await pool.query("DELETE FROM tollgate.approvals; DELETE FROM tollgate.approval_steps");
    return { open: () => postgresApprovals(pool) };
  };
  for (const { rule, check } of approvalLaws(make, { runs: 40 })) it(rule, check, 60_000);
});

describe("receipts of approvals in PostgreSQL that nobody wrote", () => {
  const make = async () => {
    await pool.query("DELETE FROM tollgate.approvals; DELETE FROM tollgate.approval_steps");
    return { open: () => postgresApprovals(pool) };
  };
  for (const { rule, check } of approvalRecoveryLaws(make)) it(rule, check, 60_000);
});

describe.each(["serializable", "repeatable read"])("approvals where transactions are %s", (level) => {
  const strict = server.pool({
    max: 16,
    options: `-c default_transaction_isolation=${level.replace(" ", "\\ ")}`,
  });
  const make = async () => {
    await pool.query("DELETE FROM tollgate.approvals; DELETE FROM tollgate.approval_steps");
    return { open: () => postgresApprovals(strict, { timeoutMs: 20_000 }) };
  };
  for (const { rule, check } of approvalLaws(make, { runs: 10 })) it(rule, check, 60_000);
});

describe("stops in PostgreSQL", () => {
  const make = async () => {
    await pool.query("DELETE FROM tollgate.stops");
    return {
      open: (options: SharedStopsOptions) => postgresStops(pool, options),
    };
  };
  for (const { rule, check } of stopLaws(make, { runs: 30 })) it(rule, check, 60_000);
});

describe("approvals and stops over connections that are lost with every other answer", () => {
  const lossy = losing(pool);
  const makeApprovals = async () => {
    await pool.query("DELETE FROM tollgate.approvals; DELETE FROM tollgate.approval_steps");
    return { open: () => postgresApprovals(lossy, { timeoutMs: 20_000 }) };
  };
  const makeStops = async () => {
    await pool.query("DELETE FROM tollgate.stops");
    return {
      open: (options: SharedStopsOptions) => postgresStops(lossy, { ...options, timeoutMs: 20_000 }),
    };
  };
  const laws = [...approvalLaws(makeApprovals, { runs: 3 }), ...stopLaws(makeStops, { runs: 3 })];
  for (const { rule, check } of laws) it(rule, check, 60_000);
});
