import {
  decide,
  type MakeSharedStore,
  openLeases,
  recordWithinMs,
  Shop,
  untoldLaws,
} from "@tollgate/conformance/lease-laws";
import { manualClock } from "@tollgate/core/testing";
import { sqliteFile, sqliteLedger, sqliteLog } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { tempFile } from "./temp-folder.ts";

const makeStore: MakeSharedStore = async (clock, within) => {
  const file = sqliteFile(tempFile(), { durability: "normal" });
  const ledger = sqliteLedger(file, { clock, recordWithinMs: within });
  const log = sqliteLog(file);
  return {
    ledger,
    log,
    rest: () => Promise.resolve(),
    close: async () => {
      await ledger.close();
      await log.close?.();
    },
  };
};

describe("grants out of leases that nobody was told of, in an SQLite file", () => {
  for (const { rule, check } of untoldLaws(makeStore)) it(rule, check, 60_000);

  it("are not taken for lost while one lease of their chain is open, though another is over", async () => {
    const clock = manualClock();
    const store = await makeStore(clock, recordWithinMs);
    const shop = new Shop(store, clock);
    const machine = await shop.machine();
    const permit = await decide(machine.gate);
    const own = (await openLeases(shop)).filter(({ claims }) => claims[0]?.partition === "user=alice");
    expect(own).toHaveLength(1);
    for (const lease of own) await store.ledger.extend(lease, clock.now() + 10 * recordWithinMs);
    for (let round = 0; round < 5; round++) await shop.pass(recordWithinMs);
    expect(await openLeases(shop)).toMatchObject([{ id: own[0]?.id }]);
    expect(await shop.endingsOf(permit)).toEqual([]);
    machine.tells = true;
    await permit.settle({ amounts: { units: 3n } });
    for (let round = 0; round < 8; round++) await shop.pass(recordWithinMs);
    expect(await shop.endingsOf(permit)).toEqual(["settled"]);
    await shop.check();
    await store.close();
  }, 60_000);
});
