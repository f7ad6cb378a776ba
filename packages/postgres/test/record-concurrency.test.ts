import type { Reservation } from "@tollgate/core";
import type { LeasedGrant } from "@tollgate/core/driver";
import type pg from "pg";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { migrate, type PostgresLedger, type PostgresPool, postgresLedger } from "../src/index.ts";
import { emptySchema } from "./clean-schema.ts";
import { all, claim, range, request } from "./fixture.ts";
import { leasedGrant, released, settledAt, takeLease } from "./leased-grant.ts";
import { startServer } from "./server.ts";
import { wrappedPool } from "./wrapped-pool.ts";

const server = await startServer("fsync=off", "deadlock_timeout=20ms");
afterAll(() => server.stop());
const pool = server.pool({ max: 16 });
await migrate(pool);
beforeEach(() => emptySchema(pool));

/** A pool that counts deadlocks, which are tried again without a word. */
function counting(own: pg.Pool): { readonly pool: PostgresPool; readonly deadlocks: unknown[] } {
  const deadlocks: unknown[] = [];
  const counted = wrappedPool(own, (client, query) =>
    client.query(query).catch((error: { readonly code?: string }) => {
      if (error.code === "40P01") deadlocks.push(error);
      throw error;
    }),
  );
  return { pool: counted, deadlocks };
}

/** Balances whose `held` is not what open reservations hold, as of one moment. */
async function uneven(): Promise<readonly unknown[]> {
  const { rows } = await pool.query(`
    SELECT b.budget, b.held, coalesce(o.held, 0) AS open FROM tollgate.balances b FULL JOIN (
      SELECT h ->> 0 AS budget, sum((h ->> 4)::bigint) AS held
      FROM tollgate.reservations r, jsonb_array_elements(r.holds) AS list(h) WHERE r.status = 'open' GROUP BY 1
    ) AS o ON o.budget = b.budget WHERE b.held IS DISTINCT FROM coalesce(o.held, 0)`);
  return rows;
}

const budgets = ["a", "b", "c", "d"];
const free = (budget: string, amount = 3n) => claim({ budget, amount, limit: null });
const chance = (of: number) => Math.random() < of;
const someBudgets = () => budgets.filter(() => chance(0.6)).sort(() => Math.random() - 0.5);

/** Records random grants, some of them twice, some with their endings later; leases get lost meanwhile. */
async function recorder(ledger: PostgresLedger, name: string, rounds: number): Promise<bigint> {
  let leases = new Map<string, Reservation>();
  const open = new Map<string, LeasedGrant>();
  let spent = 0n;
  let last: readonly LeasedGrant[] = [];
  for (const round of range(rounds)) {
    if (round % 6 === 0) {
      const taken = budgets.map((budget) =>
        takeLease(ledger, `${name} ${round} ${budget}`, 400n, { budget, limit: null }),
      );
      leases = new Map((await Promise.all(taken)).map((lease, nth) => [budgets[nth] ?? "", lease]));
    }
    const ending = () => (chance(0.5) ? settledAt(2n) : released);
    const fresh = range(chance(0.4) ? 0 : 12).map((nth) => {
      const from = someBudgets().map((budget) => leases.get(budget)!);
      return leasedGrant(`${name} ${round} ${nth}`, from, chance(0.5) ? ending() : null, [3n, 4n, 5n, 6n]);
    });
    const ended = [...open.values()].filter(() => chance(0.5)).map((each) => ({ ...each, ending: ending() }));
    const batch = [...fresh, ...ended].sort(() => Math.random() - 0.5);
    const lost = chance(0.3) ? [...leases.values()].filter(() => chance(0.3)) : [];
    // The same at once in another order, as when a try comes late whose answer nobody waits for.
    const again = chance(0.5) ? [...batch].reverse() : last;
    const [first, second] = await Promise.all([
      ledger.record(batch),
      ledger.record(again),
      ...lost.map((lease) => ledger.release(lease, "lost")),
    ]);
    for (const [nth, grant] of batch.entries()) {
      if (first.endings[nth] === null) open.set(grant.reservation.key, grant);
      else open.delete(grant.reservation.key);
    }
    for (const answer of [...first.endings, ...second.endings]) {
      if (answer?.status === "settled" && "charges" in answer) {
        for (const { actual } of answer.charges) spent += actual;
      }
    }
    last = fresh;
  }
  return spent;
}

/** Reserves on the same balances in any order, settles and sweeps. */
async function reserver(ledger: PostgresLedger, name: string, rounds: number): Promise<bigint> {
  let spent = 0n;
  for (const round of range(rounds)) {
    const expiresAt = Date.now() + (chance(0.3) ? 1 : 60_000);
    const answer = await ledger.reserve(
      request(
        `${name} ${round}`,
        someBudgets().map((b) => free(b)),
        expiresAt,
      ),
    );
    if (answer.status !== "reserved") throw new Error(answer.status);
    if (chance(0.2)) await all(ledger.expire(0));
    if (chance(0.3)) await ledger.release(answer.reservation, "not sent");
    else if (chance(0.6)) {
      const settled = await ledger.settle(answer.reservation, { usd: 1n }, "reported");
      if (settled.status === "settled") spent += BigInt(settled.charges.length);
    }
  }
  return spent;
}

describe("recorders, reserves and sweeps on the same balances", () => {
  it("never wait for each other in a circle, and what is held is what open reservations hold", async () => {
    const { pool: counted, deadlocks } = counting(pool);
    const ledgers = range(8).map(() => postgresLedger(counted, { timeoutMs: 30_000 }));
    let isOver = false;
    const looks: unknown[] = [];
    const looking = (async () => {
      let count = 0;
      for (; !isOver; count++) looks.push(...(await uneven()));
      return count;
    })();
    const spent = await Promise.all(
      ledgers.map((ledger, nth) =>
        nth % 2 === 0 ? recorder(ledger, `r${nth}`, 60) : reserver(ledger, `s${nth}`, 250),
      ),
    ).finally(() => {
      isOver = true;
    });
    expect(await looking).toBeGreaterThan(10);
    expect(deadlocks).toEqual([]);
    expect(looks).toEqual([]);
    expect(await uneven()).toEqual([]);
    const balances = await ledgers[0]!.balances({});
    expect(balances.reduce((sum, balance) => sum + balance.spent, 0n)).toBe(
      spent.reduce((sum, each) => sum + each, 0n),
    );
  });

  it.each(["serializable", "repeatable read"])(
    "record once, also where transactions are %s",
    async (level) => {
      const strict = server.pool({
        max: 8,
        options: `-c default_transaction_isolation=${level.replace(" ", "\\ ")}`,
      });
      const ledgers = range(4).map(() => postgresLedger(strict, { timeoutMs: 20_000 }));
      const lease = await takeLease(ledgers[0]!, "one", 100n);
      const open = range(6).map((nth) => leasedGrant(`k${nth}`, [lease]));
      const ended = open.map((each) => ({ ...each, ending: settledAt(2n) }));
      const answers = await Promise.all(
        ledgers.map(async (ledger) => [await ledger.record(open), await ledger.record(ended)]),
      );
      const settled = answers
        .flat()
        .flatMap(({ endings }) => endings.filter((each) => each?.status === "settled"));
      expect(settled).toHaveLength(6);
      expect(await ledgers[0]!.balances({})).toMatchObject([{ spent: 12n, held: 40n }]);
    },
  );

  it("never let a limit be exceeded by what came out of leases that were open", async () => {
    const ledgers = range(4).map(() => postgresLedger(pool, { timeoutMs: 30_000 }));
    let granted = 0n;
    await Promise.all(
      ledgers.map(async (ledger, name) => {
        for (const round of range(40)) {
          const asked = request(`lease ${name} ${round}`, [claim({ amount: 7n })]);
          const answer = await ledger.reserve(asked);
          if (answer.status !== "reserved") return;
          const out = range(3).map((nth) =>
            leasedGrant(`${name} ${round} ${nth}`, [asked], settledAt(2n), [2n]),
          );
          expect((await ledger.record(out)).lost).toEqual([]);
          granted += 6n;
          await ledger.release(asked, "done");
        }
      }),
    );
    expect(granted).toBeGreaterThan(80n);
    expect(await ledgers[0]!.balances({})).toMatchObject([{ spent: granted, held: 0n }]);
    expect(granted).toBeLessThanOrEqual(100n);
  });
});
