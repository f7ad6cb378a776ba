import { InvalidConfig, StorageFailed } from "@tollgate/core";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { compareBalances } from "../src/balance-order.ts";
import { migrate, postgresLedger } from "../src/index.ts";
import { emptySchema } from "./clean-schema.ts";
import { all, claim, grant, range, request, until } from "./fixture.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool({ max: 16 });
await migrate(pool);
beforeEach(() => emptySchema(pool));

describe("time", () => {
  const hour = 3_600_000;
  const slow = { now: () => Date.now() - hour };
  const fast = { now: () => Date.now() + hour };

  it("is the database's: a machine whose clock is fast expires nobody's reservations early", async () => {
    await grant(postgresLedger(pool, { clock: slow }), request("a", [claim()], slow.now() + 60_000));
    const ledger = postgresLedger(pool, { clock: fast });
    expect(await all(ledger.expire(fast.now() + hour))).toEqual([]);
    expect(await ledger.balances({})).toMatchObject([{ held: 10n }]);
  });

  it("runs a reservation down from when it was granted, whatever its holder's clock says", async () => {
    const ledger = postgresLedger(pool, { clock: fast });
    await grant(ledger, request("a", [claim()], fast.now() + 50));
    const sweeper = postgresLedger(pool, { clock: slow });
    await until(
      () => all(sweeper.expire(0)),
      (expired) => expired.length === 1,
    );
    expect(await ledger.balances({})).toMatchObject([{ held: 0n }]);
  });

  it("is told to each caller as its own", async () => {
    const asked = request("a", [claim()], slow.now() + 60_000);
    await grant(postgresLedger(pool, { clock: slow }), asked);
    const ledger = postgresLedger(pool, { clock: fast });
    const answer = await ledger.reserve({ ...asked, expiresAt: fast.now() + 1 });
    const inAMinute = fast.now() + 60_000;
    if (answer.status !== "reserved") throw new Error(answer.status);
    for (const at of [answer.reservation.expiresAt, (await ledger.nextExpiry()) ?? 0]) {
      expect(at).toBeGreaterThan(inAMinute - 30_000);
      expect(at).toBeLessThan(inAMinute + 30_000);
    }
  });

  it("can be the callers', where they share a clock", async () => {
    const ledger = postgresLedger(pool, { time: "caller", clock: { now: () => 0 } });
    await grant(ledger, request("a", [claim()], 1000));
    expect(await ledger.nextExpiry()).toBe(1000);
    expect(await all(ledger.expire(999))).toEqual([]);
    expect(await all(ledger.expire(1000))).toMatchObject([{ key: "a", expiresAt: 1000 }]);
  });
});

describe("a sweep", () => {
  const ledger = postgresLedger(pool, { time: "caller", clock: { now: () => 0 } });

  it("that is left half way tells the next of the rest, each once", async () => {
    for (const key of ["a", "b", "c"]) await grant(ledger, request(key, [claim()], 5));
    const told: string[] = [];
    for await (const { key } of ledger.expire(5)) {
      told.push(key);
      break;
    }
    for await (const { key } of ledger.expire(5)) told.push(key);
    expect([...told].sort()).toEqual(["a", "b", "c"]);
    expect(await all(ledger.expire(5))).toEqual([]);
  });

  it("of many at once tells each reservation to one of them", async () => {
    const keys = range(250).map(String);
    const free = [claim({ limit: null }), claim({ budget: "c", limit: null })];
    await Promise.all(keys.map((key) => grant(ledger, request(key, free, 5))));
    const sweepers = range(4).map(() => postgresLedger(pool, { time: "caller", clock: { now: () => 0 } }));
    const told = await Promise.all(sweepers.map((sweeper) => all(sweeper.expire(5))));
    expect(
      told
        .flat()
        .map(({ key }) => key)
        .sort(),
    ).toEqual([...keys].sort());
    for (const { held } of await ledger.balances({})) expect(held).toBe(0n);
  });
});

describe("what is stored", () => {
  it("comes back as it was, in its order, also to another process", async () => {
    const claims = [
      claim({ budget: "z", soft: true, window: "2099-12-31T00:00:00Z", endsAt: 4_102_444_800_000 }),
      claim({ budget: "a", partition: 'user=\u{1f512}"\\', limit: null }),
      claim({ budget: "z", amount: 1n, window: "2099-12-31T00:00:00Z", endsAt: 4_102_444_800_000 }),
    ];
    const asked = request("a", claims);
    const first = await postgresLedger(pool).reserve(asked);
    const again = await postgresLedger(pool).reserve({ ...asked, id: "another", claims: [] });
    expect(first).toMatchObject({
      status: "reserved",
      replayed: false,
      balances: [{ held: 11n }, { held: 10n }, { held: 11n }],
    });
    expect(again).toMatchObject({ status: "reserved", replayed: true, reservation: { id: "id-a", claims } });
    expect(again).toMatchObject({ balances: (first as { balances: unknown }).balances });
    expect((await postgresLedger(pool).balances({})).map(({ limit }) => limit)).toEqual([null, 100n]);
  });

  it("is read exactly, whatever parsers the application has set", async () => {
    const rounding = server.pool({ types: { getTypeParser: () => (text: string) => Number(text) } as never });
    const ledger = postgresLedger(rounding);
    const amount = 2n ** 62n + 1n;
    const held = await grant(ledger, request("a", [claim({ amount, limit: null })]));
    expect(await ledger.balances({})).toMatchObject([{ held: amount }]);
    expect(await ledger.settle(held, {}, "estimated")).toMatchObject({ charges: [{ actual: amount }] });
  });

  it("is durable when it is acknowledged, also where synchronous_commit is off", async () => {
    const client = await pool.connect();
    const callOf = async (text: string) => {
      await client.query("BEGIN; SET LOCAL synchronous_commit = off");
      await client.query(text);
      const { rows } = await client.query("SHOW synchronous_commit");
      await client.query("ROLLBACK");
      return rows[0].synchronous_commit;
    };
    try {
      expect(await callOf("SELECT 1")).toBe("off");
      expect(await callOf("SELECT tollgate.reserve('k', 'i', 'd', NULL, 1, '[]', '[]', '[]')")).toBe("on");
      expect(await callOf("SELECT tollgate.settle('k', 'i', NULL, '{}', 'reported')")).toBe("on");
      expect(await callOf("SELECT tollgate.release('k', 'i', NULL, 'r')")).toBe("on");
      expect(await callOf("SELECT tollgate.expire(NULL, 1)")).toBe("on");
      const columns = Array.from({ length: 15 }, () => "'{}'").join(", ");
      expect(await callOf(`SELECT tollgate.record(NULL, ${columns}, '[]')`)).toBe("on");
      expect(
        await callOf(
          "SELECT tollgate.append('c', 0, 1, 'p', '{t}', '{2026-01-01}', '{r}', '{r}', '{o}', '{NULL}', '{t}', 'd', 'k', false)",
        ),
      ).toBe("on");
    } finally {
      // Whatever state it is in.
      client.release(true);
    }
  });

  it.each(["a\0b", "\ud800"])("is never a text that PostgreSQL would change: %j", async (text) => {
    const ledger = postgresLedger(pool);
    const requests = [
      request(text),
      { ...request("a"), digest: text },
      request("a", [claim({ partition: text })]),
      request("a", [claim(), claim({ budget: text })]),
    ];
    for (const asked of requests) {
      await expect((async () => ledger.reserve(asked))()).rejects.toThrow(StorageFailed);
    }
    expect(await ledger.reservations()).toEqual([]);
  });

  it("is refused where it is too long to be found again", async () => {
    const ledger = postgresLedger(pool);
    // Not one that shrinks.
    const long = range(700)
      .map((index) => String(index * 7919))
      .join("-");
    await expect(ledger.reserve(request(long))).rejects.toThrow(/too long/);
    await expect(ledger.reserve(request("a", [claim({ partition: long })]))).rejects.toThrow(/too long/);
    expect(await ledger.reservations()).toEqual([]);
  });
});

describe("callers at once", () => {
  it.each(["serializable", "repeatable read"])(
    "get what fits, also where transactions are %s",
    async (level) => {
      const strict = server.pool({
        max: 8,
        options: `-c default_transaction_isolation=${level.replace(" ", "\\ ")}`,
      });
      const ledger = postgresLedger(strict, { timeoutMs: 20_000 });
      const answers = await Promise.all(range(24).map((index) => ledger.reserve(request(`k${index}`))));
      expect(answers.filter(({ status }) => status === "reserved")).toHaveLength(10);
      expect(await ledger.balances({})).toMatchObject([{ held: 100n }]);
    },
  );

  it("wait for each other's locks, but not for ever", async () => {
    const ledger = postgresLedger(pool);
    await grant(ledger, request("a"));
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      await client.query("SELECT * FROM tollgate.balances FOR UPDATE");
      const hasty = postgresLedger(pool, { timeoutMs: 1000 });
      await hasty.balances({});
      await expect(hasty.reserve(request("given up"))).rejects.toThrow(/did not answer within 1000 ms/);
      const patient = ledger.reserve(request("b"));
      await client.query("ROLLBACK");
      expect((await patient).status).toBe("reserved");
      // The server has not heard that nobody waits for it any more: this is what expiry is for.
      await until(
        () => ledger.reservations(),
        (listed) => listed.some(({ reservation: { key } }) => key === "given up"),
      );
    } finally {
      client.release();
    }
  });
});

describe("the order in which balances are locked", () => {
  it("is the database's own, whatever characters names have", async () => {
    const names = [
      "",
      "a",
      "B",
      "b",
      "é",
      "z",
      "\u00ff",
      "\uff5e",
      "\ue000",
      "\u{1f512}",
      "\u{10ffff}",
      "a\u{1f512}",
      "ab",
    ];
    const { rows } = await pool.query(
      'SELECT name FROM unnest($1::text[]) AS name ORDER BY name COLLATE "C"',
      [names],
    );
    const sorted = names
      .map((partition) => claim({ partition }))
      .sort(compareBalances)
      .map(({ partition }) => partition);
    expect(sorted).toEqual(rows.map(({ name }) => name));
  });
});

describe("options", () => {
  it.each([{ time: "mine" }, { timeoutMs: 0 }, { recordWithinMs: 999 }, { clok: null }])(
    "that make no sense are refused: %j",
    (options) => {
      expect(() => postgresLedger(pool, options as never)).toThrow(InvalidConfig);
    },
  );
});
