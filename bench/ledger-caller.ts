// Holds and settles money on one hot budget in PostgreSQL, with leases or without, from some callers at once: begins
// when it is told to, and answers with what it came to.
import { once } from "node:events";
import type { Claim, Ledger } from "@tollgate/core";
import { leased } from "@tollgate/core/leases";
import { postgresLedger } from "@tollgate/postgres";
import pg from "pg";
import { callTogether } from "./sampler.ts";
import { Samples } from "./samples.ts";

const [url = "", manner = "", callers = "", calls = ""] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: 16 });
const shared = postgresLedger(pool);
const ledger: Ledger = manner === "leased" ? leased(shared, { slice: "$10.00" }) : shared;

const claims: readonly Claim[] = [
  {
    budget: manner,
    partition: "",
    window: "total",
    endsAt: null,
    unit: "usd",
    amount: 1_000_000n,
    limit: 9_000_000_000_000_000_000n,
    soft: false,
  },
];
let next = 0;

async function spend(): Promise<void> {
  const key = `${manner}-${process.pid}-${next++}`;
  const expiresAt = Date.now() + 300_000;
  const digest = `sha256:${"a".repeat(64)}`;
  const answer = await ledger.reserve({ id: key, key, digest, claims, expiresAt, fresh: true });
  if (answer.status !== "reserved") throw new Error(`not granted: ${answer.status}`);
  await ledger.settle(answer.reservation, { usd: 800_000n }, "reported");
}

await callTogether(Number(callers), Number(callers) * 20, spend, new Samples("", Number(callers) * 20));
process.stdout.write("ready\n");
await once(process.stdin, "data");
const samples = new Samples(manner, Number(calls));
await callTogether(Number(callers), Number(calls), spend, samples);
process.stdout.write(`${JSON.stringify(samples.result())}\n`);
await ledger.close?.();
await pool.end();
process.stdin.destroy();
