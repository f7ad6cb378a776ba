import { startPostgres } from "@tollgate/conformance/postgres-server";
import type { Claim, Permit } from "@tollgate/core";
import { migrate, type PostgresLedger, postgresLedger, postgresLog } from "@tollgate/postgres";
import { Pool } from "pg";
import { measureLeases } from "./leases.ts";
import { type MeasuredGate, measuredGate, toolCall } from "./measured-gate.ts";
import { callTogether } from "./sampler.ts";
import { type Result, Samples } from "./samples.ts";

const rounds = 5;
const storedMany = 1_000_000;

/** Calls in a round, by how many callers at once. */
const calls: Readonly<Record<number, number>> = { 1: 400, 16: 1600 };

/** Something that is measured in rounds, beside others. */
interface Subject {
  round(warmUp: boolean): Promise<void>;
  end(): Promise<readonly Result[]>;
}

/**
 * Measures reserving from one hot budget in a real PostgreSQL, beside the bare statement that does as much, a
 * conditional UPDATE and an INSERT; the same with a million reservations stored; and whole decisions, whose
 * receipts go to the same database.
 */
export async function measurePostgres(): Promise<readonly Result[]> {
  const server = await startPostgres();
  const pools: Pool[] = [];
  const poolOf = (database: string): Pool => {
    const pool = new Pool({ connectionString: urlOf(server.url, database), max: 16 });
    pool.on("error", () => undefined);
    pools.push(pool);
    return pool;
  };
  try {
    const admin = poolOf("postgres");
    const made = async (database: string): Promise<Pool> => {
      await admin.query(`CREATE DATABASE ${database}`);
      const pool = poolOf(database);
      await migrate(pool);
      return pool;
    };
    const [hot, many, gates] = [await made("hot"), await made("many"), await made("gates")];
    await hot.query(bareTables);
    await storeMany(many);
    const few = postgresLedger(hot);
    const subjects: readonly Subject[] = [
      ...[1, 16].map((callers) => reserveCase(`bare_postgres_${callers}`, callers, bareReserve(hot))),
      ...[1, 16].map((callers) => reserveCase(`reserve_postgres_${callers}`, callers, reserveOf(few))),
      reserveCase(`reserve_postgres_stored_${storedMany}`, 1, reserveOf(postgresLedger(many))),
      ...[1, 16].map((callers) => new GateCase(gates, callers)),
    ];
    for (const subject of subjects) await subject.round(true);
    for (let round = 0; round < rounds; round++) {
      for (const subject of subjects) await subject.round(false);
    }
    const results: Result[] = [];
    for (const subject of subjects) results.push(...(await subject.end()));
    const leases = await made("leases");
    results.push(...(await measureLeases(urlOf(server.url, "leases"), leases)));
    return results;
  } finally {
    for (const pool of pools) await pool.end();
    await server.remove();
  }
}

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

const bareTables = `
  CREATE SCHEMA bare;
  CREATE TABLE bare.budgets (id text PRIMARY KEY, spent bigint NOT NULL, held bigint NOT NULL, most bigint NOT NULL);
  CREATE TABLE bare.reservations (key text PRIMARY KEY, budget text NOT NULL, amount bigint NOT NULL,
    expires_at bigint NOT NULL, status text NOT NULL);
  INSERT INTO bare.budgets VALUES ('daily', 0, 0, 9000000000000000000)`;

/** The least that holding money in PostgreSQL can cost. */
function bareReserve(pool: Pool): (key: string) => Promise<void> {
  const text = `WITH taken AS (
      UPDATE bare.budgets SET held = held + $2 WHERE id = $1 AND spent + held + $2 <= most RETURNING id
    ) INSERT INTO bare.reservations SELECT $3, taken.id, $2, $4, 'open' FROM taken`;
  return async (key) => {
    const { rowCount } = await pool.query(text, ["daily", "1000", key, Date.now() + 300_000]);
    if (rowCount !== 1) throw new Error("not taken");
  };
}

function reserveOf(ledger: PostgresLedger): (key: string) => Promise<void> {
  return async (key) => {
    const { status } = await ledger.reserve({
      id: key,
      key,
      digest,
      claims,
      expiresAt: Date.now() + 300_000,
    });
    if (status !== "reserved") throw new Error(`not granted: ${status}`);
  };
}

/** Reserves under a new key with every call. */
function reserveCase(name: string, callers: number, reserve: (key: string) => Promise<void>): Subject {
  const count = calls[callers] ?? 0;
  const samples = new Samples(name, count * rounds);
  let next = 0;
  return {
    async round(warmUp) {
      const target = warmUp ? new Samples("", count) : samples;
      await callTogether(callers, count, () => reserve(keyOf(name, next++)), target);
    },
    end: async () => [samples.result()],
  };
}

/** A whole gate whose ledger and receipts are in one database. */
class GateCase implements Subject {
  readonly #measured: MeasuredGate;
  readonly #callers: number;
  readonly #calls: number;
  readonly #decide: Samples;
  readonly #settle: Samples;

  constructor(pool: Pool, callers: number) {
    this.#measured = measuredGate({ ledger: postgresLedger(pool), log: postgresLog(pool) });
    this.#callers = callers;
    this.#calls = (calls[callers] ?? 0) / 2;
    this.#decide = new Samples(`decide_gate_postgres_${callers}`, this.#calls * rounds);
    this.#settle = new Samples(`settle_gate_postgres_${callers}`, this.#calls * rounds);
  }

  async round(warmUp: boolean): Promise<void> {
    const { decide } = this.#measured;
    const [decided, settled] = warmUp
      ? [new Samples("", this.#calls), new Samples("", this.#calls)]
      : [this.#decide, this.#settle];
    const permits: Permit[] = [];
    await callTogether(this.#callers, this.#calls, async () => permits.push(await decide(toolCall)), decided);
    await callTogether(this.#callers, this.#calls, () => permits.pop()?.settle(), settled);
  }

  async end(): Promise<readonly Result[]> {
    await this.#measured.gate.close();
    return [this.#decide.result(), this.#settle.result()];
  }
}

const digest = `sha256:${"a".repeat(64)}`;

const claims: readonly Claim[] = [
  {
    budget: "daily",
    partition: "",
    window: "total",
    endsAt: null,
    unit: "usd",
    amount: 1000n,
    limit: 9_000_000_000_000_000_000n,
    soft: false,
  },
];

/** Keys that go up, as those that begin with a time do. */
function keyOf(name: string, nth: number): string {
  return `01a1f86c-${name}-${String(nth).padStart(12, "0")}/1`;
}

/** Has a ledger see a million reservations before. */
async function storeMany(pool: Pool): Promise<void> {
  await pool.query(
    `INSERT INTO tollgate.reservations
      (key, id, digest, status, created_at, ended_at, expires_at, holds, claims, details)
    SELECT '01a0' || md5(n::text) || '/1', '01a0' || md5(n::text), $1, 'settled', n, n, n,
      '[["daily", "", "total", "usd", "1000", 1]]', '[[0, "1000", "9000000000000000000", false, null]]',
      '{"amounts": {"usd": "900"}, "source": "reported"}'
    FROM generate_series(1, $2::integer) AS n`,
    [digest, storedMany],
  );
  await pool.query("ANALYZE tollgate.reservations");
  await pool.query("CHECKPOINT");
}
