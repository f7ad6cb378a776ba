import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { GateUnavailable, gateBudget } from "@tollgate/core";
import pg from "pg";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { migrate, postgresLedger, postgresLog } from "../src/index.ts";
import { emptySchema } from "./clean-schema.ts";
import { all, grant, request } from "./fixture.ts";
import { costing, moneyGate } from "./money-gate.ts";
import { SealedChain } from "./sealed-chain.ts";
import { describeOwned, startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool();
await migrate(pool);
beforeEach(() => emptySchema(pool));

describe("a pool without a free connection", () => {
  it("is waited for, within bounds; then the gate is unavailable, and says what to do", async () => {
    const small = server.pool({ max: 1 });
    const log = postgresLog(small, { timeoutMs: 500 });
    const gate = moneyGate(small, "$5", { log }, { timeoutMs: 500 });
    const taken = await small.connect();
    try {
      const refused = gateBudget(gate, costing("$1"));
      await expect(refused).rejects.toBeInstanceOf(GateUnavailable);
      await expect(refused).rejects.toThrow(/no connection to PostgreSQL was free within 500 ms.*max/);
      const patient = grant(postgresLedger(small), request("a"));
      taken.release();
      await patient;
    } finally {
      await gate.close();
    }
    // Connections that came too late were given back.
    expect(small.idleCount).toBe(1);
    expect(small.waitingCount).toBe(0);
  });

  it("is not used up by many callers", async () => {
    const small = server.pool({ max: 2 });
    const ledger = postgresLedger(small);
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => ledger.reserve(request(`k${index}`))),
    );
    expect(answers.filter(({ status }) => status === "reserved")).toHaveLength(10);
  });
});

describe("a connection that is lost", () => {
  it("while nobody uses it ends no process, and is replaced", async () => {
    const own = new pg.Pool({ connectionString: server.url, max: 1 });
    try {
      const ledger = postgresLedger(own);
      await grant(ledger, request("a"));
      const lost = new Promise((resolve) => own.once("remove", resolve));
      await pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND query ~ 'reserve'`,
      );
      await lost;
      await grant(ledger, request("b"));
    } finally {
      await own.end();
    }
  });
});

describe("a connection that is lost in the moment in which it is handed out", () => {
  /** Lets anybody in, and ends the session with the same breath. */
  const letInAndOut = Buffer.concat([
    Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]),
    Buffer.from([0x5a, 0, 0, 0, 5, 0x49]),
    Buffer.from([0x45, 0, 0, 0, 4 + 27]),
    Buffer.from("SFATAL\0C57P01\0Mterminated\0\0"),
  ]);

  it("ends no process", async () => {
    const sockets: Socket[] = [];
    const host = createServer((socket) => {
      sockets.push(socket);
      socket.once("data", () => socket.end(letInAndOut));
      socket.on("error", () => undefined);
    }).listen(0, "127.0.0.1");
    await once(host, "listening");
    const { port } = host.address() as { readonly port: number };
    const fleeting = server.pool({ connectionString: `postgresql://postgres@127.0.0.1:${port}/postgres` });
    const arrived = once(host, "connection");
    await expect(postgresLedger(fleeting, { timeoutMs: 200 }).reserve(request("a"))).rejects.toThrow(
      /PostgreSQL/,
    );
    await arrived;
    for (const socket of sockets) socket.destroy();
    host.close();
  });
});

describe("a server", () => {
  it("that is not there is waited for, within bounds", async () => {
    // Nobody is given this port by chance, as one that was free a moment ago.
    const gone = server.pool({ connectionString: "postgresql://postgres@127.0.0.1:1/postgres" });
    const ledger = postgresLedger(gone, { timeoutMs: 300 });
    const log = postgresLog(gone, { timeoutMs: 300 });
    const away = /cannot connect to PostgreSQL: .*ECONNREFUSED/;
    await expect(ledger.reserve(request("a"))).rejects.toThrow(away);
    await expect(ledger.balances({})).rejects.toThrow(away);
    await expect(all(ledger.expire(0))).rejects.toThrow(away);
    await expect(log.append(new SealedChain("c").seal())).rejects.toThrow(away);
    await expect(log.head("c")).rejects.toThrow(away);
    await expect(migrate(gone)).rejects.toThrow(away);
  });

  it("that accepts connections and never answers is given up", async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
    await once(mute, "listening");
    const { port } = mute.address() as { readonly port: number };
    const deaf = server.pool({
      connectionString: `postgresql://postgres@127.0.0.1:${port}/postgres`,
      connectionTimeoutMillis: 5_000,
    });
    await expect(postgresLedger(deaf, { timeoutMs: 200 }).reserve(request("a"))).rejects.toThrow(
      /no connection to PostgreSQL was free within 200 ms/,
    );
    // The pool is still connecting: cut that short.
    for (const socket of sockets) socket.destroy();
    mute.close();
  });
});

describeOwned(server, "it may let anybody in", "a server", () => {
  it("that lets nobody in is not asked again", async () => {
    const wrong = new URL(server.url);
    wrong.password = "wrong";
    // Longer than the test may take.
    const ledger = postgresLedger(server.pool({ connectionString: wrong.href }), { timeoutMs: 600_000 });
    await expect(ledger.reserve(request("a"))).rejects.toThrow(/password authentication failed/);
  });
});

describe("a pool that was closed", () => {
  it("is told apart from one that is busy", async () => {
    const own = new pg.Pool({ connectionString: server.url });
    const ledger = postgresLedger(own, { timeoutMs: 600_000 });
    await own.end();
    await expect(ledger.reserve(request("a"))).rejects.toThrow(/the pool was closed/);
  });
});
