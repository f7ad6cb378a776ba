import { StorageFailed } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { postgresLog } from "../src/index.ts";
import { all, range } from "./fixture.ts";
import { decision, SealedChain, settlement } from "./sealed-chain.ts";
import { startShakyServer } from "./shaky-server.ts";

const { proxy, pool, shaky } = await startShakyServer();

describe("an append whose connection is cut", () => {
  it("is answered when the receipt was stored all the same, and the chain goes on", async () => {
    const log = postgresLog(shaky);
    const chain = new SealedChain("c");
    await log.append(chain.seal());
    const cut = proxy.cut("tollgate.append", "answer");
    const appends = range(3).map(() => log.append(chain.seal()));
    await cut;
    await Promise.all(appends);
    await log.append(chain.seal());
    expect((await all(log.read())).map(({ body }) => body.seq)).toEqual([0, 1, 2, 3, 4]);
    expect(await log.head("c")).toEqual(chain.chain.head);
  });

  it("fails when it was not, with all behind it, and the chain goes on from what is there", async () => {
    const log = postgresLog(shaky);
    const chain = new SealedChain("c");
    await log.append(chain.seal());
    const kept = chain.chain.head;
    const cut = proxy.cut("tollgate.append", "question");
    const appends = await Promise.allSettled(range(3).map(() => log.append(chain.seal())));
    await cut;
    for (const { status } of appends) expect(status).toBe("rejected");
    expect(await log.head("c")).toEqual(kept);
    chain.chain.resume(kept);
    await log.append(chain.seal());
    expect(await all(log.read())).toHaveLength(2);
  });

  it.each(["a chain that has begun", "a new chain"])(
    "that has failed stores nothing when it arrives after all: %s",
    async (name) => {
      const log = postgresLog(shaky);
      const chain = new SealedChain("c");
      if (name !== "a new chain") await log.append(chain.seal());
      const kept = chain.chain.head;
      const delayed = proxy.delay("tollgate.append");
      await expect(log.append(chain.seal())).rejects.toThrow(StorageFailed);
      expect(await log.head("c")).toEqual(kept);
      const arrive = await delayed;
      await arrive();
      expect(await log.head("c")).toEqual(kept);
      expect(await all(log.read())).toHaveLength(kept === null ? 0 : 1);
      chain.chain.resume(kept);
      await log.append(chain.seal());
      expect(await log.head("c")).toEqual(chain.chain.head);
    },
  );

  it("is answered late rather than wrongly: it waits until the database can be asked", async () => {
    const log = postgresLog(shaky, { timeoutMs: 1000 });
    const chain = new SealedChain("c");
    await log.append(chain.seal());
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      await client.query("SELECT * FROM tollgate.chains FOR UPDATE");
      let answered = false;
      const appended = log.append(chain.seal()).finally(() => {
        answered = true;
      });
      appended.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      expect(answered).toBe(false);
      await client.query("ROLLBACK");
      // Whichever of the tries got there first.
      const isStored = await appended.then(
        () => true,
        () => false,
      );
      expect(await all(log.read())).toHaveLength(isStored ? 2 : 1);
    } finally {
      client.release();
    }
  });
});

describe("writers of different chains", () => {
  it("do not wait for each other", async () => {
    const log = postgresLog(pool);
    const [one, other] = [new SealedChain("one"), new SealedChain("other")];
    await Promise.all([log.append(one.seal()), log.append(other.seal())]);
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      await client.query("SELECT * FROM tollgate.chains WHERE chain = 'one' FOR UPDATE");
      const waiting = log.append(one.seal());
      await log.append(other.seal());
      await client.query("ROLLBACK");
      await waiting;
    } finally {
      client.release();
    }
  });
});

describe("a chain that somebody else goes on with", () => {
  it("can be gone on with again by whoever had it first", async () => {
    const chain = new SealedChain("c");
    const [first, second] = [postgresLog(pool), postgresLog(pool)];
    await first.append(chain.seal());
    await second.append(chain.seal());
    await first.append(chain.seal());
    expect(await first.head("c")).toEqual(chain.chain.head);
  });

  it("is not gone on with when a restored backup has another history of it", async () => {
    const log = postgresLog(pool);
    const chain = new SealedChain("c");
    await log.append(chain.seal());
    await pool.query("UPDATE tollgate.chains SET digest = 'sha256:of another receipt 0'");
    await expect(log.append(chain.seal())).rejects.toThrow(/written by somebody else/);
    expect(await all(log.read())).toHaveLength(1);
  });

  it("is not forked by two who write at once", async () => {
    const chain = new SealedChain("c");
    const logs = [postgresLog(pool), postgresLog(pool)];
    await logs[0]!.append(chain.seal());
    const entry = chain.seal();
    const appended = await Promise.allSettled(logs.map((log) => log.append(entry)));
    expect(appended.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await all(logs[1]!.read())).toHaveLength(2);
  });
});

describe("reading", () => {
  it("finds receipts by run, subject, chain and time, settlements by their decisions", async () => {
    const log = postgresLog(pool);
    const [main, other] = [new SealedChain("main"), new SealedChain("other")];
    const alice = { user: "alice", tenant: "acme" };
    const noon = Date.UTC(2026, 0, 1, 12);
    for (const entry of [
      main.seal(undefined, noon),
      other.seal(undefined, noon),
      main.seal(decision("a", alice, "one"), noon + 1000),
      main.seal(decision("b", { user: "bob" }, "two"), noon + 2000),
      other.seal(settlement("one", "expired"), noon + 3000),
      main.seal(settlement("two"), noon + 4000),
      main.seal(settlement("one"), noon + 5000),
      other.seal(decision("a", { user: "alice" }, "three"), noon + 6000),
    ]) {
      await log.append(entry);
    }
    const read = async (query: Parameters<typeof log.read>[0]) =>
      (await all(log.read(query))).map(({ body }) => `${body.chain}:${body.seq}`);
    expect(await read({ run: "a" })).toEqual(["main:1", "other:1", "main:4", "other:2"]);
    expect(await read({ run: "a", chain: "main" })).toEqual(["main:1", "main:4"]);
    expect(await read({ subject: { user: "alice" } })).toEqual(["main:1", "other:1", "main:4", "other:2"]);
    expect(await read({ subject: alice })).toEqual(["main:1", "other:1", "main:4"]);
    expect(await read({ subject: { user: "alice" }, run: "b" })).toEqual([]);
    expect(await read({ from: noon + 2000, until: noon + 4000 })).toEqual(["main:2", "other:1"]);
    expect(await read({ from: "2026-01-01T12:00:06Z" })).toEqual(["other:2"]);
    expect(await read({ chain: "main", until: noon + 2000 })).toEqual(["main:0", "main:1"]);
    await expect(read({ from: "yesterday" })).rejects.toThrow(/expected a time/);
  });

  it("goes on over many pages", async () => {
    const log = postgresLog(pool);
    const chain = new SealedChain("c");
    const entries = range(1203).map(() => chain.seal(decision("r")));
    await Promise.all(entries.map((entry) => log.append(entry)));
    for (const query of [{}, { chain: "c" }, { run: "r" }]) {
      const seqs = (await all(log.read(query))).map(({ body }) => body.seq);
      expect(seqs).toEqual(range(1203).slice("run" in query ? 1 : 0));
    }
  });
});

describe("stored receipts", () => {
  const months = async () => {
    const { rows } = await pool.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relname ~ '^receipts_[0-9]{4}_[0-9]{2}$' ORDER BY 1",
    );
    return rows.map(({ name }) => name);
  };

  it("cannot be changed, deleted or truncated by anybody, in the table or in a partition", async () => {
    const log = postgresLog(pool);
    await log.append(new SealedChain("c").seal());
    const [month] = await months();
    for (const table of ["receipts", month]) {
      for (const text of [
        `UPDATE tollgate.${table} SET run = 'x'`,
        `DELETE FROM tollgate.${table}`,
        `TRUNCATE tollgate.${table}`,
      ]) {
        await expect(pool.query(text), text).rejects.toThrow(/only takes new rows/);
      }
    }
    expect(await all(log.read())).toHaveLength(1);
  });

  it("get the partition of their month when it is missing", async () => {
    const log = postgresLog(pool);
    const chain = new SealedChain("c");
    await log.append(chain.seal());
    const [month] = await months();
    await pool.query(`DROP TABLE tollgate.${month}`);
    await log.append(chain.seal());
    expect(await months()).toContain(month);
    expect(await all(log.read())).toHaveLength(1);
  });
});

describe("a closed log", () => {
  it("takes nothing more, and leaves the pool to the application", async () => {
    const log = postgresLog(pool);
    const chain = new SealedChain("c");
    await log.append(chain.seal());
    await log.close();
    await expect(log.append(chain.seal())).rejects.toThrow(/closed/);
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });
});
