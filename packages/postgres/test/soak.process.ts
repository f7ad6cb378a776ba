// Kills writers and reserves at random for as long as is asked for, on a PostgreSQL of its own:
// `node soak.process.ts [--rounds 200] [--reserves 10000] [--json]`. Exits with 1 when a promise was broken.
import { parseArgs } from "node:util";
import { startPostgres } from "@tollgate/conformance/postgres-server";
import pg from "pg";
import { migrate, postgresLedger } from "../src/index.ts";
import { checkSpending } from "./check-spending.ts";
import { range } from "./fixture.ts";
import { heldTooLong, type KillPlan, killRounds } from "./kill-rounds.ts";
import { checkSums, reserveAtRandom } from "./random-reserves.ts";
import { centNano } from "./spend.ts";
import { spendTheRest } from "./spend-the-rest.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    reserves: { type: "string", default: "10000" },
    json: { type: "boolean", default: false },
  },
});
const [rounds, reserves] = [Number(values.rounds), Number(values.reserves)];
for (const count of [rounds, reserves]) {
  if (!Number.isSafeInteger(count) || count < 1) throw new RangeError("give whole numbers of 1 or more");
}

const server = await startPostgres();
const pool = new pg.Pool({ connectionString: server.url, max: 16 });
pool.on("error", () => undefined);
try {
  await migrate(pool);
  const ledgers = range(16).map(() => postgresLedger(pool, { timeoutMs: 60_000 }));
  const random = await reserveAtRandom(ledgers, reserves);
  checkSums(await postgresLedger(pool).balances({}), random);
  const { rows } = await pool.query(
    "SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()",
  );
  say({
    reserves,
    granted: random.granted.length,
    failures: random.failures.length,
    deadlocks: rows[0].deadlocks,
  });
  if (random.failures.length > 0 || rows[0].deadlocks > 0) process.exitCode = 1;

  await pool.query("DROP SCHEMA tollgate CASCADE");
  await migrate(pool);
  await kill({ rounds, onRound }, 1000n);

  await pool.query("DROP SCHEMA tollgate CASCADE");
  await migrate(pool);
  // Eight at once start more slowly than three: so many fewer rounds kill as many.
  await kill({ rounds: Math.ceil((rounds * 3) / 8), spenders: 8, slice: "$1.00", onRound }, 200n);
} finally {
  await pool.end();
  await server.remove();
}

function onRound(round: number): void {
  if (!values.json && (round + 1) % 10 === 0) console.log(`${round + 1} rounds`);
}

/** Kills spenders, and checks that they lost and overspent nothing. */
async function kill(kills: Omit<KillPlan, "limit">, dollars: bigint): Promise<void> {
  const plan: KillPlan = { ...kills, limit: `$${dollars}` };
  const limit = dollars * 100n * centNano;
  const told = await killRounds(server.url, plan);
  const tooLong = await heldTooLong(pool, plan);
  await checkSpending(pool, told, limit);
  if (plan.slice !== undefined) {
    const rest = await spendTheRest(pool, plan.slice, limit);
    await checkSpending(pool, [...told, ...rest], limit);
  }
  const count = (what: string): number => told.filter((each) => each.what === what).length;
  say({
    how: plan.slice === undefined ? "unleased" : "leased",
    rounds: plan.rounds,
    kills: (plan.spenders ?? 3) * plan.rounds,
    decided: count("decided"),
    settled: count("settled"),
    tooLong,
  });
  if (tooLong > 0) process.exitCode = 1;
}

function say(outcome: object): void {
  console.log(values.json ? JSON.stringify(outcome) : outcome);
}
