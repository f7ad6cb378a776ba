import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Claim, Permit, Reservation } from "@tollgate/core";
import { type SqliteLedger, sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { type MeasuredGate, measuredGate, toolCall } from "./measured-gate.ts";
import { callTogether } from "./sampler.ts";
import { type Result, Samples } from "./samples.ts";

type Durability = "full" | "normal";

/** Calls in a round: a sync takes as long as the disk does, so there are few where each waits for its own. */
const cases = [
  { durability: "normal", callers: 1, calls: 500 },
  { durability: "normal", callers: 64, calls: 640 },
  { durability: "full", callers: 1, calls: 25 },
  { durability: "full", callers: 64, calls: 640 },
] as const;

/** Many and short, so that what else the machine does hits all alike. */
const rounds = 24;
const storedMany = 1_000_000;

/** Something that is measured in rounds, beside others. */
interface Subject {
  round(warmUp: boolean): Promise<void>;
  end(): Promise<readonly Result[]>;
}

/**
 * Measures an SQLite ledger's reserve and settle, beside a bare loop that commits one UPDATE and one INSERT; the
 * same with a million reservations stored; and whole decisions, whose receipts go to the same file.
 */
export async function measureSqlite(): Promise<readonly Result[]> {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  const path = (name: string): string => join(folder, `${name}.db`);
  try {
    const subjects: readonly Subject[] = [
      new BareCommits(path("bare-normal"), "normal", 500),
      new BareCommits(path("bare-full"), "full", 25),
      ...cases.map((each) => {
        const name = `sqlite_${each.durability}_${each.callers}`;
        return new LedgerCase(name, sqliteLedger(path(name), { durability: each.durability }), each);
      }),
      new LedgerCase(
        "sqlite_chosen_keys_1",
        sqliteLedger(path("chosen"), { durability: "normal" }),
        cases[0],
        "/1",
      ),
      new LedgerCase("sqlite_stored_1", sqliteLedger(path("one"), { durability: "normal" }), cases[0]),
      new LedgerCase("sqlite_stored_1000000", manyStored(path("many")), cases[0]),
      ...cases.map((each) => new GateCase(path(`gate-${each.durability}-${each.callers}`), each)),
    ];
    for (const subject of subjects) await subject.round(true);
    for (let round = 0; round < rounds; round++) {
      for (const subject of subjects) await subject.round(false);
    }
    return (await Promise.all(subjects.map((subject) => subject.end()))).flat();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Case {
  readonly durability: Durability;
  readonly callers: number;
  readonly calls: number;
}

/** The least that a budget in SQLite can cost: a transaction of a conditional update and an insert. */
class BareCommits implements Subject {
  readonly #database: DatabaseSync;
  readonly #samples: Samples;
  readonly #calls: number;
  readonly #begin: StatementSync;
  readonly #update: StatementSync;
  readonly #insert: StatementSync;
  readonly #commit: StatementSync;
  #count = 0;

  constructor(path: string, durability: Durability, calls: number) {
    const database = new DatabaseSync(path);
    database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durability};
      CREATE TABLE budgets (id INTEGER PRIMARY KEY, spent INTEGER NOT NULL, most INTEGER NOT NULL) STRICT;
      CREATE TABLE entries (id INTEGER PRIMARY KEY, key TEXT NOT NULL, amount INTEGER NOT NULL) STRICT;
      INSERT INTO budgets VALUES (1, 0, 9000000000000000000)`);
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#update = database.prepare(
      "UPDATE budgets SET spent = spent + ?1 WHERE id = 1 AND spent + ?1 <= most",
    );
    this.#insert = database.prepare("INSERT INTO entries (key, amount) VALUES (?, ?)");
    this.#commit = database.prepare("COMMIT");
    this.#database = database;
    this.#calls = calls;
    this.#samples = new Samples(`bare_sqlite_${durability}`, calls * rounds);
  }

  async round(warmUp: boolean): Promise<void> {
    for (let call = 0; call < this.#calls; call++) {
      const start = performance.now();
      this.#begin.run();
      this.#update.run(1000n);
      this.#insert.run(`key-${this.#count++}`, 1000n);
      this.#commit.run();
      if (!warmUp) this.#samples.add(performance.now() - start);
    }
  }

  async end(): Promise<readonly Result[]> {
    this.#database.close();
    return [this.#samples.result()];
  }
}

/**
 * A ledger alone: reserves, then settles what was reserved; each shares its commits with its like.
 *
 * The keys are ids, as a gate makes them; or others, as where callers choose them, which a ledger also has to find by
 * their id.
 */
class LedgerCase implements Subject {
  readonly #ledger: SqliteLedger;
  readonly #case: Case;
  readonly #reserve: Samples;
  readonly #settle: Samples;
  readonly #keyEnd: string;
  #count = 0;

  constructor(name: string, ledger: SqliteLedger, each: Case, keyEnd = "") {
    this.#ledger = ledger;
    this.#keyEnd = keyEnd;
    this.#case = each;
    this.#reserve = new Samples(`reserve_${name}`, each.calls * rounds);
    this.#settle = new Samples(`settle_${name}`, each.calls * rounds);
  }

  async round(warmUp: boolean): Promise<void> {
    const { callers, calls } = this.#case;
    const [reserved, settled] = warmUp
      ? [new Samples("", calls), new Samples("", calls)]
      : [this.#reserve, this.#settle];
    const open: Reservation[] = [];
    const expiresAt = Date.now() + 300_000;
    const reserve = async (): Promise<void> => {
      const id = idOf(this.#count++);
      const answer = await this.#ledger.reserve({ id, key: id + this.#keyEnd, digest, claims, expiresAt });
      if (answer.status !== "reserved") throw new Error(`not granted: ${answer.status}`);
      open.push(answer.reservation);
    };
    const settle = async (): Promise<void> => {
      const reservation = open.pop();
      if (reservation !== undefined) await this.#ledger.settle(reservation, { usd: 900n }, "reported");
    };
    // In small steps, so that few are open at any time, as with callers that settle what they have reserved.
    for (let done = 0; done < calls; done += callers) {
      await callTogether(callers, Math.min(callers, calls - done), reserve, reserved);
      await callTogether(callers, open.length, settle, settled);
    }
  }

  async end(): Promise<readonly Result[]> {
    await this.#ledger.close();
    return [this.#reserve.result(), this.#settle.result()];
  }
}

/** A whole gate whose ledger and receipts are in one file. */
class GateCase implements Subject {
  readonly #measured: MeasuredGate;
  readonly #case: Case;
  readonly #decide: Samples;
  readonly #settle: Samples;

  constructor(path: string, each: Case) {
    const file = sqliteFile(path, { durability: each.durability });
    const name = `gate_sqlite_${each.durability}_${each.callers}`;
    this.#measured = measuredGate({ ledger: sqliteLedger(file), log: sqliteLog(file) });
    this.#case = each;
    this.#decide = new Samples(`decide_${name}`, each.calls * rounds);
    this.#settle = new Samples(`settle_${name}`, each.calls * rounds);
  }

  async round(warmUp: boolean): Promise<void> {
    const { callers, calls } = this.#case;
    const { decide } = this.#measured;
    const [decided, settled] = warmUp
      ? [new Samples("", calls), new Samples("", calls)]
      : [this.#decide, this.#settle];
    const permits: Permit[] = [];
    for (let done = 0; done < calls; done += callers) {
      await callTogether(
        callers,
        Math.min(callers, calls - done),
        async () => permits.push(await decide(toolCall)),
        decided,
      );
      await callTogether(callers, permits.length, () => permits.pop()?.settle(), settled);
    }
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
    partition: "tenant=acme&user=alice",
    window: "total",
    endsAt: null,
    unit: "usd",
    amount: 1000n,
    limit: 2n ** 62n,
    soft: false,
  },
];

/** The n-th of a gate's ids: times that go up, and what looks like chance. */
function idOf(n: number): string {
  const time = (0x01a1f86c0000 + Math.floor(n / 8)).toString(16).padStart(12, "0");
  const chance = ((n * 2_654_435_761) % 2 ** 40).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${chance}`;
}

/** A ledger whose file has seen a million reservations before. */
function manyStored(path: string): SqliteLedger {
  const ledger = sqliteLedger(path, { durability: "normal" });
  const database = new DatabaseSync(path);
  const insert = database.prepare(
    "INSERT INTO ended (key, id, state, at, data) VALUES (?, ?, 'settled', ?, ?)",
  );
  database.exec("PRAGMA synchronous = OFF; BEGIN");
  for (let n = 0; n < storedMany; n++) {
    // Earlier than those that are measured, and in the same order.
    const id = `01${idOf(n).slice(2).replace(/^a1/, "a0")}`;
    insert.run(`${id}/1`, id, 0, "reported 900");
  }
  database.exec("COMMIT");
  database.close();
  return ledger;
}
