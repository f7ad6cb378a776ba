import { InvalidConfig, StorageFailed } from "@tollgate/core";
import { leaseKeyPrefix } from "@tollgate/core/driver";
import { describe, expect, it } from "vitest";
import { claim, request } from "./ledger-fixture.ts";
import { dollarIn, Shop } from "./operator-fixture.ts";

const why = { by: "ops", reason: "its worker is gone" };

describe("a release by hand", () => {
  it("gives the money back, and is on record with who and why as the end of its decision", async () => {
    const shop = new Shop();
    const { id } = await shop.hold();
    expect(shop.ledger.balances({})[0]?.held).toBe(250_000_000n);
    const operator = shop.operator();
    const { reservation, receipt } = await operator.release({ reservation: id, ...why });
    expect(reservation.id).toBe(id);
    expect(receipt.body).toMatchObject({
      type: "settlement",
      decision: id,
      reservation: id,
      outcome: "released",
      reason: "released by ops: its worker is gone",
      amounts: [],
    });
    expect(shop.ledger.balances({})[0]).toMatchObject({ spent: 0n, held: 0n });
    await operator.close();
    expect((await shop.check()).open).toBe(0);
  });

  it("leaves the call that is still under way without effect on the ledger", async () => {
    const shop = new Shop();
    const permit = await shop.hold();
    await shop.operator().release({ reservation: permit.id, ...why });
    await permit.settle();
    expect(shop.ledger.balances({})[0]).toMatchObject({ spent: 0n, held: 0n });
    await shop.check();
  });

  it("is refused for what is unknown, has ended, or was released before", async () => {
    const shop = new Shop();
    const settled = await shop.hold();
    await settled.settle();
    const released = await shop.hold();
    const operator = shop.operator();
    const id = released.id;
    await operator.release({ reservation: id, ...why });
    const before = await shop.receipts();
    for (const [reservation, problem] of [
      ["nothing", /there is no reservation nothing/],
      [settled.id, /is not open any more: it was settled/],
      [id, /is not open any more: it was released/],
    ] as const) {
      await expect(operator.release({ reservation, ...why })).rejects.toThrow(problem);
      await expect(operator.release({ reservation, ...why })).rejects.toThrow(StorageFailed);
    }
    expect(await shop.receipts()).toEqual(before);
    await shop.check();
  });

  it("is refused for a lease, which is no decision's", async () => {
    const shop = new Shop();
    await shop.ledger.reserve(request(`${leaseKeyPrefix}1`, [claim()], shop.clock.now() + 1000));
    const operator = shop.operator();
    await expect(operator.release({ reservation: `id-${leaseKeyPrefix}1`, ...why })).rejects.toThrow(
      InvalidConfig,
    );
    expect(shop.ledger.balances({})[0]?.held).toBe(10n);
    expect(await shop.receipts()).toEqual([]);
  });

  it("is refused where no decision in the log holds it: its receipt would break the log", async () => {
    const shop = new Shop();
    await shop.ledger.reserve(request("1", [claim()], shop.clock.now() + 1000));
    await expect(shop.operator().release({ reservation: "id-1", ...why })).rejects.toThrow(
      /no decision in the log holds reservation id-1.*expires at 2026-01-01T00:00:01/,
    );
    expect(shop.ledger.balances({})[0]?.held).toBe(10n);
  });

  it("is refused where somebody else ends it first, and then writes nothing", async () => {
    const shop = new Shop();
    const permit = await shop.hold();
    const { reservations } = shop.ledger;
    shop.ledger.reservations = (query) => {
      const list = reservations.call(shop.ledger, query);
      for (const { reservation } of list) shop.ledger.settle(reservation, {}, "reported");
      return list;
    };
    const operator = shop.operator();
    await expect(operator.release({ reservation: permit.id, ...why })).rejects.toThrow(
      /was not released: it is settled/,
    );
    await operator.close();
    expect(await shop.receipts("settlement")).toEqual([]);
  });

  it("leaves no second ending of a permit whose own release could not reach the ledger before", async () => {
    const shop = new Shop();
    const permit = await shop.hold();
    const { release } = shop.ledger;
    shop.ledger.release = () => {
      throw new Error("not reached");
    };
    await expect(permit.release("not sent")).rejects.toThrow("not reached");
    shop.ledger.release = release;
    await shop.operator().release({ reservation: permit.id, ...why });
    expect(await permit.release("not sent")).toMatchObject({ outcome: "released", receipt: null });
    expect(await shop.receipts("settlement")).toHaveLength(1);
    await shop.check();
  });

  it("is found among many by its id", async () => {
    const shop = new Shop();
    const { id } = await shop.hold();
    for (let n = 0; n < 300; n++) {
      await shop.ledger.reserve(request(`${n}`, [claim({ limit: null })], shop.clock.now() + 1000));
    }
    const operator = shop.operator();
    await operator.release({ reservation: id, ...why });
    expect(shop.ledger.asked.reservations).toBe(1);
    await expect(operator.release({ reservation: "nothing", ...why })).rejects.toThrow(
      /there is no reservation/,
    );
    expect(shop.ledger.asked.reservations).toBe(2);
  });

  it("needs somebody and a reason", async () => {
    const shop = new Shop();
    const reservation = (await shop.hold()).id;
    for (const wrong of [{ by: "" }, { reason: "" }, { by: "\ud800" }, { reason: "x".repeat(1025) }]) {
      await expect(shop.operator().release({ reservation, ...why, ...wrong })).rejects.toThrow(InvalidConfig);
    }
    expect(shop.ledger.balances({})[0]?.held).toBe(250_000_000n);
  });

  it.each(["loses", "keeps"] as const)(
    "is on record once the log works again: a log that %s its receipt",
    async (failure) => {
      const shop = new Shop();
      const { id } = await shop.hold();
      const operator = shop.operator();
      shop.log.failure = failure;
      await expect(operator.release({ reservation: id, ...why })).rejects.toThrow(
        /is released, but its receipt could not be written/,
      );
      shop.log.failure = "none";
      await operator.close();
      expect(await shop.receipts("settlement")).toHaveLength(1);
      expect((await shop.check()).open).toBe(0);
    },
  );

  it("is on record once where a gate has written its receipt meanwhile, as its ledger missed it", async () => {
    const shop = new Shop();
    const { id } = await shop.hold();
    const operator = shop.operator();
    shop.log.failure = "loses";
    await expect(operator.release({ reservation: id, ...why })).rejects.toThrow(/could not be written/);
    shop.log.failure = "none";
    const [released] = shop.ledger.reservations({ id });
    if (released === undefined) throw new Error("it is gone");
    const unrecorded = { outcome: "released", reason: "released by ops", amounts: [] } as const;
    shop.ledger.expire = async function* () {
      yield { ...released.reservation, unrecorded };
    };
    shop.clock.advance(10 * 60 * 1000);
    await shop.spend();
    shop.ledger.expire = async function* () {};
    expect(await shop.receipts("settlement")).toHaveLength(2);
    await operator.adjust(dollarIn);
    await operator.close();
    expect(await shop.receipts("settlement")).toHaveLength(2);
    expect((await shop.check()).open).toBe(0);
  });
});
