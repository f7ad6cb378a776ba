import { type ReplayPlace, replayLaws } from "@tollgate/conformance/replay-laws";
import { afterAll, describe, expect, it } from "vitest";
import { migrate, type PostgresPool, postgresReplays } from "../src/index.ts";
import { losing } from "./losing-pool.ts";
import { startProcess } from "./node-process.ts";
import { describeOwned, startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool({ max: 16 });
await migrate(pool);

const dayMs = 86_400_000;

function placeOf(asked: PostgresPool, timeoutMs = 4000): () => Promise<ReplayPlace> {
  return async () => {
    await pool.query("DELETE FROM tollgate.shown_tokens");
    return {
      open: () => postgresReplays(asked, { timeoutMs }),
      count: async () => {
        const { rows } = await pool.query("SELECT count(*) AS count FROM tollgate.shown_tokens");
        return Number(rows[0].count);
      },
    };
  };
}

describe("tokens in PostgreSQL", () => {
  for (const { rule, check } of replayLaws(placeOf(pool), { runs: 40 })) it(rule, check, 60_000);

  it("stand there as fingerprints, which tell nobody an id", async () => {
    await pool.query("DELETE FROM tollgate.shown_tokens");
    await postgresReplays(pool).use(
      '["https://issuer.example","secret-jti"]',
      Date.now() + dayMs,
      Date.now(),
    );
    const { rows } = await pool.query("SELECT * FROM tollgate.shown_tokens");
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toMatch(/issuer|secret/);
  });

  it("are refused by all while the database cannot be asked", async () => {
    const ended = server.pool();
    await ended.end();
    const replays = postgresReplays(ended);
    await expect(replays.use("t-1", Date.now() + dayMs, Date.now())).rejects.toThrow();
  });
});

describeOwned(server, "roles are the whole server's", "tokens in PostgreSQL", () => {
  it("are taken by a role that may call their function, and has no right on their table", async () => {
    const role = `tollgate_shower_${process.pid}`;
    await pool.query(`
      CREATE ROLE ${role} NOLOGIN;
      GRANT USAGE ON SCHEMA tollgate TO ${role};
      GRANT SELECT ON tollgate.migrations TO ${role};
    `);
    const app = server.pool({ options: `-c role=${role}` });
    try {
      const use = () => postgresReplays(app).use("by-role", Date.now() + dayMs, Date.now());
      await expect(use()).rejects.toThrow(/permission denied/);
      await pool.query(`GRANT EXECUTE ON FUNCTION tollgate.use_token TO ${role}`);
      expect([await use(), await use()]).toEqual([true, false]);
      for (const sql of ["SELECT FROM tollgate.shown_tokens", "DELETE FROM tollgate.shown_tokens"]) {
        await expect(app.query(sql)).rejects.toThrow(/permission denied/);
      }
    } finally {
      await app.end();
      await pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});

describe.each(["serializable", "repeatable read"])("tokens where transactions are %s", (level) => {
  const strict = server.pool({
    max: 16,
    options: `-c default_transaction_isolation=${level.replace(" ", "\\ ")}`,
  });
  for (const { rule, check } of replayLaws(placeOf(strict, 20_000), { runs: 10 })) it(rule, check, 60_000);
});

describe("tokens over connections that are lost with every other answer", () => {
  for (const { rule, check } of replayLaws(placeOf(losing(pool), 20_000), { runs: 3 }))
    it(rule, check, 60_000);
});

describe("tokens that several processes are shown", () => {
  it("are taken once each, and stay so when whoever took them is killed", async () => {
    await pool.query("DELETE FROM tollgate.shown_tokens");
    const now = Date.now();
    const processes = [0, 1, 2].map(() =>
      startProcess("shower", [server.url, String(now + dayMs), String(now)]),
    );
    await Promise.all(processes.map((each) => each.hasWritten(1)));
    for (const each of processes) each.tell("go");
    await Promise.all(processes.map((each) => each.hasWritten(2)));
    for (const each of processes) each.kill();
    await Promise.all(processes.map(({ ended }) => ended));
    const taken = processes.flatMap(({ lines }) => JSON.parse(lines[1] ?? "[]") as string[]);
    const tokens = Array.from({ length: 50 }, (_, nth) => `token-${nth}`);
    expect(taken.sort()).toEqual(tokens.sort());
    const replays = postgresReplays(pool);
    for (const token of tokens) expect(await replays.use(token, now + dayMs, now)).toBe(false);
  }, 60_000);
});
