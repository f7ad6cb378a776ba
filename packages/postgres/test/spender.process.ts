// Spends a budget in PostgreSQL through a gate of its own, telling a line for each answer that it gets, until it is
// killed, its standard input ends, or (in full) the budget is used up. With a slice it decides within leases.
import { writeSync } from "node:fs";
import { leased } from "@tollgate/core/leases";
import pg from "pg";
import { postgresLedger, postgresLog } from "../src/index.ts";
import { leaseTtlMs } from "./kill-rounds.ts";
import { moneyGate } from "./money-gate.ts";
import { spend, spenderName } from "./spend.ts";

const [url = "", limit = "", ttl = "", manner = "", slice = ""] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: 4, application_name: spenderName });
// On a machine that is busy with other processes nothing fails for that.
const timeoutMs = 20_000;
const ledger = postgresLedger(pool, { timeoutMs });
const gate = moneyGate(pool, limit, {
  reservationTtlMs: Number(ttl),
  storageTimeoutMs: 2 * timeoutMs,
  ledger: slice === "" ? ledger : leased(ledger, { slice, ttl: leaseTtlMs }),
  log: postgresLog(pool, { timeoutMs }),
});
let isOver = false;
process.stdin.on("end", () => {
  isOver = true;
});
process.stdin.resume();
process.stdin.unref();
await spend(gate, {
  callers: 4,
  isOver: () => isOver,
  inFull: manner === "in full",
  // Out of this process before it can be killed.
  tell: (told) => writeSync(1, `${JSON.stringify(told)}\n`),
});
await gate.close();
await pool.end();
