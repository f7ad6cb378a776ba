// Spends a budget in PostgreSQL through a gate of its own, telling a line for each answer that it gets, until it is
// killed, its standard input ends, or (in full) the budget is used up.
import { writeSync } from "node:fs";
import pg from "pg";
import { moneyGate } from "./money-gate.ts";
import { spend } from "./spend.ts";

const [url = "", limit = "", ttl = "", manner = ""] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: 4 });
const gate = moneyGate(pool, limit, { reservationTtlMs: Number(ttl) });
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
