import { StorageFailed } from "@tollgate/core";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { migrate, postgresLedger, postgresLog } from "../src/index.ts";
import { all, grant, range, request } from "./fixture.ts";
import { SealedChain } from "./sealed-chain.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool();
beforeEach(() => pool.query("DROP SCHEMA IF EXISTS tollgate CASCADE"));

describe("migrate", () => {
  it("makes the schema, and does nothing when it is there", async () => {
    await migrate(pool);
    const ledger = postgresLedger(pool);
    await grant(ledger, request("a"));
    await migrate(pool);
    expect(await ledger.balances({})).toMatchObject([{ held: 10n }]);
    expect((await pool.query("SELECT version FROM tollgate.migrations")).rows).toEqual([{ version: 1 }]);
  });

  it("may be called by ten processes that start at once", async () => {
    const pools = range(10).map(() => server.pool({ max: 1 }));
    await Promise.all(pools.map((each) => migrate(each)));
    expect((await pool.query("SELECT version FROM tollgate.migrations")).rows).toHaveLength(1);
    await Promise.all(pools.map((each, nth) => grant(postgresLedger(each), request(`k${nth}`))));
  });

  it("changes nothing when it fails half way", async () => {
    // The function that the schema defines is somebody else's already, with other results.
    await pool.query("CREATE SCHEMA tollgate; CREATE FUNCTION tollgate.now_ms() RETURNS text RETURN 'x'");
    await expect(migrate(pool)).rejects.toThrow(StorageFailed);
    const { rows } = await pool.query("SELECT 1 FROM pg_tables WHERE schemaname = 'tollgate'");
    expect(rows).toEqual([]);
  });

  it("refuses a schema that is newer than itself, and so do ledger and log", async () => {
    await migrate(pool);
    await pool.query("INSERT INTO tollgate.migrations (version) VALUES (99)");
    const newer = /version 99.*update @tollgate\/postgres/;
    await expect(migrate(pool)).rejects.toThrow(newer);
    await expect(postgresLedger(pool).reserve(request("a"))).rejects.toThrow(newer);
    await expect(postgresLog(pool).append(new SealedChain("c").seal())).rejects.toThrow(newer);
  });
});

describe("a ledger or log without its schema", () => {
  it("fails and says what to do, and works once that is done", async () => {
    const ledger = postgresLedger(pool);
    const log = postgresLog(pool);
    const chain = new SealedChain("c");
    const entry = chain.seal();
    await expect(ledger.reserve(request("a"))).rejects.toThrow(/call migrate\(pool\)/);
    await expect(log.append(entry)).rejects.toThrow(/call migrate\(pool\)/);
    await migrate(pool);
    await grant(ledger, request("a"));
    await log.append(entry);
    expect(await all(log.read())).toHaveLength(1);
  });
});
