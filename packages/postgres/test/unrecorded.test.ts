import type { Expired, Reservation } from "@tollgate/core";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { migrate, type PostgresLedger, postgresLedger, postgresLog } from "../src/index.ts";
import { emptySchema } from "./clean-schema.ts";
import { all, claim, grant, range, request } from "./fixture.ts";
import { decision, SealedChain, settlement } from "./sealed-chain.ts";
import { startServer } from "./server.ts";

const server = await startServer("fsync=off");
afterAll(() => server.stop());
const pool = server.pool();
await migrate(pool);

const clock = { at: 0, now: () => clock.at };
const opened: PostgresLedger[] = [];
const open = (): PostgresLedger => {
  const one = postgresLedger(pool, { time: "caller", clock, recordWithinMs: 1000 });
  opened.push(one);
  return one;
};
const ledger = open();
// What goes on behind a sweep, also behind one that a test has left, is no part of the next test.
afterEach(async () => {
  for (const one of opened) await one.close();
});
const log = postgresLog(pool);
let chain = new SealedChain("c");
beforeEach(async () => {
  await emptySchema(pool);
  clock.at = 0;
  chain = new SealedChain(`c${Math.random()}`);
  await log.append(chain.seal());
});

/** Grants a reservation and puts its decision on record. */
async function decided(
  key: string,
  outcome: "allow" | "deny" = "allow",
  expiresAt = 5000,
): Promise<Reservation> {
  const held = await grant(ledger, request(key, [claim({ limit: 1000n })], expiresAt));
  await log.append(chain.seal(decision("r", {}, held.id, outcome)));
  return held;
}

/** What the sweep after the next is told at a time, but for what expires then. */
async function toldAt(at: number, sweeper = ledger): Promise<readonly Expired[]> {
  clock.at = at;
  const told = await all(sweeper.expire(at));
  await sweeper.close();
  told.push(...(await all(sweeper.expire(at))));
  await sweeper.close();
  return told.filter(({ unrecorded }) => unrecorded !== undefined);
}

describe("an ending whose receipt is missing", () => {
  it("is told of with all that its receipt has to say, once it has had its time", async () => {
    const [settled, over, released, late] = [
      await decided("settled"),
      await decided("over"),
      await decided("released"),
      await decided("late", "allow", 500),
    ];
    await ledger.settle(settled, { usd: 7n, calls: 1n }, "reported");
    await ledger.settle(over, { usd: 12n }, "estimated");
    await ledger.release(released, "not sent");
    expect(await all(ledger.expire(500))).toHaveLength(1);
    await log.append(chain.seal(settlement(late.id, "expired")));
    await ledger.settle(late, {}, "estimated");
    expect(await toldAt(999)).toEqual([]);
    const told = await toldAt(1000);
    expect(new Map(told.map(({ key, unrecorded }) => [key, unrecorded]))).toEqual(
      new Map(
        Object.entries({
          settled: {
            outcome: "settled",
            amounts: [
              { unit: "calls", amount: "1" },
              { unit: "usd", amount: "7" },
            ],
            source: "reported",
          },
          over: {
            outcome: "settled",
            amounts: [{ unit: "usd", amount: "12" }],
            source: "estimated",
            overage: [{ budget: "b", partition: "", window: "total", unit: "usd", amount: "2" }],
          },
          released: { outcome: "released", amounts: [], reason: "not sent" },
          late: {
            outcome: "settled",
            amounts: [{ unit: "usd", amount: "10" }],
            source: "estimated",
            late: true,
          },
        }),
      ),
    );
  });

  it("is told of when it expired, too, and its sweeper died", async () => {
    const held = await decided("a");
    clock.at = 5000;
    const sweeper = open();
    expect(await all(sweeper.expire(5000))).toMatchObject([{ id: held.id }]);
    // While one looks for what is missing nobody else does.
    await sweeper.close();
    expect(await toldAt(6000)).toMatchObject([
      { id: held.id, unrecorded: { outcome: "expired", amounts: [] } },
    ]);
  });

  it("is told to one of all that sweep, and to another when its receipt stays away", async () => {
    const reservations = [await decided("a"), await decided("b"), await decided("c")];
    for (const held of reservations) await ledger.release(held, "not sent");
    const told = await Promise.all(range(4).map(() => toldAt(1000, open())));
    expect(
      told
        .flat()
        .map(({ key }) => key)
        .sort(),
    ).toEqual(["a", "b", "c"]);
    expect(await toldAt(1999)).toEqual([]);
    await log.append(chain.seal(settlement(reservations[0]?.id ?? "")));
    expect((await toldAt(2000)).map(({ key }) => key).sort()).toEqual(["b", "c"]);
  });

  it("is found among many that are not missing", async () => {
    for (const nth of range(250)) {
      clock.at = nth % 3;
      const held = await grant(ledger, request(`k${nth}`, [claim({ limit: null })], 5000));
      await ledger.release(held, "not sent");
    }
    await ledger.release(await decided("a"), "not sent");
    const told = await toldAt(5000);
    expect(told.map(({ key }) => key)).toEqual(["a"]);
  });
});

describe("no ending is taken for missing", () => {
  it("that is on record, in whatever chain", async () => {
    const held = await decided("a");
    await ledger.settle(held, {}, "reported");
    const other = new SealedChain("other");
    await log.append(other.seal());
    await log.append(other.seal(settlement(held.id)));
    expect(await toldAt(10_000)).toEqual([]);
  });

  it("whose decision is elsewhere: so is its receipt", async () => {
    await ledger.release(await grant(ledger, request("a")), "not sent");
    expect(await toldAt(10_000)).toEqual([]);
  });

  it("of a reservation that was given back because its decision was refused after all", async () => {
    await ledger.release(await decided("a", "deny"), "granted too late");
    expect(await toldAt(10_000)).toEqual([]);
  });

  it("of a key that was refused", async () => {
    await ledger.reserve(request("a", [claim({ amount: 5000n })]));
    await log.append(chain.seal(decision("r", {}, "id-a")));
    expect(await toldAt(10_000)).toEqual([]);
  });
});
