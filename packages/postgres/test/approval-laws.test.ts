import { approvalLaws } from "@tollgate/conformance/approval-laws";
import { stopLaws } from "@tollgate/conformance/stop-laws";
import type { SharedStopsOptions } from "@tollgate/core/driver";
import type pg from "pg";
import { afterAll, describe, it } from "vitest";
import { migrate, type PostgresPool, postgresApprovals, postgresStops } from "../src/index.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool({ max: 16 });
await migrate(pool);

describe("approvals in PostgreSQL", () => {
  const make = async () => {
    await pool.query("DELETE FROM tollgate.approvals");
    return { open: () => postgresApprovals(pool) };
  };
  for (const { rule, check } of approvalLaws(make, { runs: 40 })) it(rule, check, 60_000);
});

describe.each(["serializable", "repeatable read"])("approvals where transactions are %s", (level) => {
  const strict = server.pool({
    max: 16,
    options: `-c default_transaction_isolation=${level.replace(" ", "\\ ")}`,
  });
  const make = async () => {
    await pool.query("DELETE FROM tollgate.approvals");
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
    await pool.query("DELETE FROM tollgate.approvals");
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

/** A pool whose statements are all done, and every other of them answered. */
function losing(real: pg.Pool): PostgresPool {
  let count = 0;
  return {
    on: (event: "error" | "connect", listener: never) => real.on(event as "error", listener),
    listeners: (event) => real.listeners(event),
    async connect() {
      const client = await real.connect();
      return {
        async query(query) {
          const answer = await client.query(query);
          count += 1;
          if (count % 2 === 0) return answer;
          throw Object.assign(new Error("the connection was cut"), { code: "ECONNRESET" });
        },
        release: (destroy) => client.release(destroy),
        on: (event, listener) => client.on(event, listener),
        off: (event, listener) => client.off(event, listener),
      };
    },
  };
}
