import { afterAll, expect, it } from "vitest";
import { forget, migrate, postgresLedger, postgresLog } from "../src/index.ts";
import { checkBooks } from "./books.ts";
import { all, claim, range, request } from "./fixture.ts";
import { moneyGate } from "./money-gate.ts";
import { startPooler } from "./pooler.ts";
import { checkSums, reserveAtRandom } from "./random-reserves.ts";
import { describeOwned, startServer } from "./server.ts";
import { centNano, spend, type Told } from "./spend.ts";

const server = await startServer("fsync=off");
const pooler = server.power !== null ? await startPooler(server.url, 3) : null;
afterAll(async () => {
  await server.stop();
  await pooler?.close();
});

const why = "the pooler knows one way to log in";

describeOwned(server, why, "behind a pooler that gives connections out for a transaction each", () => {
  const pool = server.pool({ connectionString: pooler?.url ?? "", max: 12 });

  it("the schema is made, by many at once", async () => {
    await Promise.all(range(3).map(() => migrate(pool)));
  });

  it("gates spend to the last cent, and their receipts verify", async () => {
    const told: Told[] = [];
    const gates = range(3).map(() => moneyGate(pool, "$0.30"));
    await Promise.all(
      gates.map((gate) =>
        spend(gate, { callers: 4, inFull: true, isOver: () => false, tell: (each) => told.push(each) }),
      ),
    );
    for (const gate of gates) await gate.close();
    expect(told.filter(({ what }) => what === "settled")).toHaveLength(30);
    expect(await postgresLedger(pool).balances({})).toMatchObject([{ spent: 30n * centNano, held: 0n }]);
    await checkBooks(pool);
    expect(pooler?.counts.transactions).toBeGreaterThan(150);
  });

  it("callers that give up in the middle of a statement take no connection with them", async () => {
    const client = await server.pool().connect();
    await client.query("BEGIN; SELECT FROM tollgate.balances FOR UPDATE");
    const hasty = range(6).map(() => postgresLedger(pool, { timeoutMs: 1000 }));
    const claims = [claim({ budget: "money" })];
    const given = await Promise.allSettled(
      hasty.map((ledger, nth) => ledger.reserve(request(`given up ${nth}`, claims))),
    );
    expect(given.map(({ status }) => status)).toEqual(given.map(() => "rejected"));
    await client.query("ROLLBACK");
    client.release();
    const patient = postgresLedger(pool, { timeoutMs: 30_000 });
    const more = range(6).map((nth) =>
      patient.reserve(request(`more ${nth}`, [claim({ budget: "money", partition: "user=more" })])),
    );
    for (const { status } of await Promise.all(more)) expect(status).toBe("reserved");
  });

  it("random requests on several budgets keep every limit", async () => {
    const ledgers = range(12).map(() => postgresLedger(pool, { timeoutMs: 60_000 }));
    const reserves = await reserveAtRandom(ledgers, 300);
    expect(reserves.failures).toEqual([]);
    const balances = await postgresLedger(pool).balances({});
    checkSums(
      balances.filter(({ budget }) => budget !== "money"),
      reserves,
    );
  });

  it("receipts are read, and what is old is forgotten", async () => {
    expect((await all(postgresLog(pool).read())).length).toBeGreaterThan(60);
    expect((await forget(pool, { endedMs: 0 })).reservations).toBeGreaterThan(0);
  });
});
