import { InvalidConfig, type SealedReceipt } from "@tollgate/core";
import type { ReceiptContent } from "@tollgate/core/testing";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { dropReceipts, migrate, postgresLedger, postgresLog } from "../src/index.ts";
import { emptySchema } from "./clean-schema.ts";
import { all, grant, range, request } from "./fixture.ts";
import { age } from "./old-receipts.ts";
import { decision, SealedChain, settlement } from "./sealed-chain.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool();
await migrate(pool);
const log = postgresLog(pool);
const ledger = postgresLedger(pool);
beforeEach(async () => {
  await emptySchema(pool);
  const { rows } = await pool.query(
    "SELECT relname FROM pg_class WHERE relname ~ '^receipts_2020_[0-9]{2}$'",
  );
  for (const { relname } of rows) await pool.query(`DROP TABLE tollgate.${relname}`);
});

const checkpoint = (size: number): ReceiptContent => ({
  type: "checkpoint",
  size,
  root: `sha256:${"0".repeat(64)}`,
});

/** Appends so many receipts of a chain: a checkpoint at each of these places, decisions elsewhere. */
async function write(chain: SealedChain, count: number, checkpoints: readonly number[]): Promise<void> {
  const begun = (chain.chain.head?.seq ?? -1) + 1;
  for (const seq of range(count).map((nth) => begun + nth)) {
    await log.append(chain.seal(checkpoints.includes(seq) ? checkpoint(seq) : decision("r", { user: "u" })));
  }
}

async function left(query: Parameters<typeof log.read>[0] = {}): Promise<readonly string[]> {
  return (await all(log.read(query))).map(({ body }) => `${body.chain}${body.seq}`);
}

const drop = () => dropReceipts(pool, { before: new Date() });
const places = (chain: string, ...seqs: readonly number[]) => seqs.map((seq) => `${chain}${seq}`);

describe("dropping receipts", () => {
  it("takes whole months that have ended, and leaves what each chain runs on from", async () => {
    const [a, b] = [new SealedChain("a"), new SealedChain("b")];
    await write(a, 15, [3, 7, 12]);
    await write(b, 6, [2]);
    expect(await drop()).toEqual([]);
    await age(pool, "2020-01", "chain = 'a' AND seq < 10 OR chain = 'b' AND seq < 4");
    expect(await dropReceipts(pool, { before: "2020-01-31" })).toEqual([]);
    const before = await all(log.read());
    expect(await drop()).toEqual([{ partition: "receipts_2020_01", receipts: 7 }]);
    const stays = [...places("a", 0, 7, 8, 9, 10, 11, 12, 13, 14), ...places("b", 0, 2, 3, 4, 5)];
    expect(await left()).toEqual(stays);
    expect(await all(log.read())).toEqual(
      before.filter(({ body }) => stays.includes(`${body.chain}${body.seq}`)),
    );
    expect(await left({ chain: "a" })).toEqual(stays.filter((place) => place.startsWith("a")));
    expect(await left({ subject: { user: "u" }, chain: "b" })).toEqual(places("b", 3, 4, 5));
    expect(await left({ run: "r", chain: "b" })).toEqual(places("b", 3, 4, 5));
    expect(await log.head("a")).toEqual(a.chain.head);
    await write(a, 1, []);
    expect(await drop()).toEqual([]);
  });

  it("of a later month takes what was kept of the earlier, once there is a later checkpoint", async () => {
    const [a, b] = [new SealedChain("a"), new SealedChain("b")];
    await write(a, 12, [3, 7]);
    await write(b, 12, [3]);
    await age(pool, "2020-01", "seq < 5");
    await age(pool, "2020-03", "seq < 9");
    expect(await drop()).toEqual([
      { partition: "receipts_2020_01", receipts: 4 },
      { partition: "receipts_2020_03", receipts: 4 },
    ]);
    expect(await left({ chain: "a" })).toEqual(places("a", 0, 7, 8, 9, 10, 11));
    expect(await left({ chain: "b" })).toEqual(places("b", 0, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  });

  it("takes nothing of a chain without a checkpoint", async () => {
    await write(new SealedChain("a"), 6, []);
    await write(new SealedChain("b"), 6, [5]);
    await age(pool, "2020-01", "seq < 5");
    expect(await drop()).toEqual([{ partition: "receipts_2020_01", receipts: 0 }]);
    expect(await left()).toHaveLength(12);
  });

  it("leaves a decision whose reservation has not ended, and all that comes after it", async () => {
    const chain = new SealedChain("a");
    const held = await grant(ledger, request("a"));
    await write(chain, 3, [1]);
    const about: SealedReceipt[] = [chain.seal(decision("r", {}, held.id)), chain.seal(checkpoint(4))];
    for (const entry of about) await log.append(entry);
    await age(pool, "2020-01", "seq < 5");
    await drop();
    expect(await left()).toEqual(places("a", 0, 1, 2, 3, 4));
    await ledger.settle(held, {}, "reported");
    // Somebody may have to write its receipt yet.
    await write(chain, 1, []);
    await age(pool, "2020-03", "seq = 5");
    await drop();
    expect(await left()).toEqual(places("a", 0, 1, 2, 3, 4, 5));
    await log.append(chain.seal(settlement(held.id)));
    await age(pool, "2020-05", "seq = 6");
    await drop();
    expect(await left()).toEqual(places("a", 0, 4, 5, 6));
  });

  it("leaves rows that nobody can change, delete or truncate", async () => {
    await write(new SealedChain("a"), 6, [3]);
    await age(pool, "2020-01", "seq < 5");
    await drop();
    for (const table of ["receipts", "receipts_kept"]) {
      for (const text of [
        `UPDATE tollgate.${table} SET run = 'x'`,
        `DELETE FROM tollgate.${table}`,
        `TRUNCATE tollgate.${table}`,
      ]) {
        await expect(pool.query(text), text).rejects.toThrow(/only takes new rows/);
      }
    }
  });

  it("refuses what is no time", async () => {
    await expect(dropReceipts(pool, { before: "yesterday" })).rejects.toThrow(InvalidConfig);
    await expect(dropReceipts(pool, {} as never)).rejects.toThrow(InvalidConfig);
  });
});
