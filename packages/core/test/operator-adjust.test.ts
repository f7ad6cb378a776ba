import { InvalidConfig, StorageFailed } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { dollarIn, Shop } from "./operator-fixture.ts";

const spent = 250_000_000n;

async function opened(): Promise<Shop> {
  const shop = new Shop();
  await shop.spend();
  return shop;
}

describe("an adjustment", () => {
  it("changes the balance, and stands in a chain of its own that is begun with a key and ended with a close", async () => {
    const shop = await opened();
    const operator = shop.operator();
    const { balance, receipt } = await operator.adjust(dollarIn);
    expect(balance).toMatchObject({ budget: "b", spent: spent - 1_000_000_000n, held: 0n });
    expect(receipt.body).toMatchObject({
      type: "adjustment",
      kind: "top_up",
      budget: "b",
      partition: "",
      window: "total",
      unit: "usd",
      amount: "-1000000000",
      by: "treasurer",
      reason: "approved for March",
      seq: 1,
    });
    expect(shop.ledger.adjustments()[0]?.id).toBe(receipt.body.adjustment);
    await operator.adjust({ ...dollarIn, kind: "correction", amount: 3n });
    await operator.close();
    const { chain } = receipt.body;
    expect(
      (await shop.receipts()).filter(({ body }) => body.chain === chain).map(({ body }) => body.type),
    ).toEqual(["key", "adjustment", "adjustment", "close"]);
    await shop.check();
  });

  it("writes nothing at all where nothing is done, or the ledger refuses", async () => {
    const shop = await opened();
    const before = await shop.receipts();
    await shop.operator().close();
    const operator = shop.operator();
    await expect(operator.adjust({ ...dollarIn, budget: "none" })).rejects.toThrow(StorageFailed);
    await operator.close();
    expect(await shop.receipts()).toEqual(before);
    expect(shop.ledger.adjustments()).toEqual([]);
  });

  it("is made once, however often it is asked for by its id, by whomever", async () => {
    const shop = await opened();
    const [one, other] = [shop.operator(), shop.operator()];
    const first = await one.adjust({ ...dollarIn, id: "march" });
    expect(await one.adjust({ ...dollarIn, id: "march" })).toEqual(first);
    expect(await other.adjust({ ...dollarIn, id: "march" })).toEqual(first);
    expect(await shop.receipts("adjustment")).toHaveLength(1);
    await expect(other.adjust({ ...dollarIn, id: "march", amount: -5n })).rejects.toThrow(/was another/);
    await shop.check();
  });

  it.each([
    ["a top-up that is not below 0", { amount: 0n }],
    ["a refund that is not below 0", { kind: "refund", amount: 5n }],
    ["nobody who makes it", { by: "" }],
    ["no reason", { reason: "" }],
    ["a reason that goes on and on", { reason: "x".repeat(1025) }],
    ["half a character", { by: "\ud800" }],
    ["half a character in the partition", { partition: "\ud800" }],
    ["more than 64 bits", { kind: "correction", amount: 2n ** 63n }],
    ["a number", { amount: -5 as unknown as bigint }],
    ["an unknown kind", { kind: "gift" as "refund" }],
    ["an id that is too long", { id: "x".repeat(1025) }],
    ["a unit that is none", { unit: "USD" }],
    ["a partition that fits in no receipt", { partition: "x".repeat(1_000_001) }],
  ] as const)("of what no receipt could tell never gets to the ledger: %s", async (_what, change) => {
    const shop = await opened();
    const before = await shop.receipts();
    await expect(shop.operator().adjust({ ...dollarIn, ...change })).rejects.toThrow(InvalidConfig);
    expect(shop.ledger.adjustments()).toEqual([]);
    expect(await shop.receipts()).toEqual(before);
  });

  it("is not made after the end", async () => {
    const shop = await opened();
    const operator = shop.operator();
    await operator.adjust(dollarIn);
    await operator.close();
    await operator.close();
    await expect(operator.adjust(dollarIn)).rejects.toThrow(/closed/);
    expect(shop.ledger.adjustments()).toHaveLength(1);
    expect((await shop.receipts("close")).length).toBe(1);
  });
});

describe("adjustments of many operators", () => {
  it("may be told of twice, but count once", async () => {
    const shop = await opened();
    const operators = Array.from({ length: 5 }, () => shop.operator());
    const adjusted = await Promise.all(
      operators.map((operator, index) => operator.adjust({ ...dollarIn, amount: -1n - BigInt(index) })),
    );
    await Promise.all(operators.map((operator) => operator.close()));
    const told = await shop.receipts("adjustment");
    expect(new Set(adjusted.map(({ receipt }) => receipt.body.adjustment)).size).toBe(5);
    expect(told.length).toBeGreaterThanOrEqual(5);
    expect(shop.ledger.balances({})[0]?.spent).toBe(spent - 15n);
    const report = await shop.check();
    expect(new Set(report.chains.map(({ chain }) => chain)).size).toBe(6);
  });

  it("are made one after another by one", async () => {
    const shop = await opened();
    const operator = shop.operator();
    await Promise.all([1n, 2n, 3n].map((amount) => operator.adjust({ ...dollarIn, amount: -amount })));
    await operator.close();
    const amounts = (await shop.receipts("adjustment")).map(({ body }) => "amount" in body && body.amount);
    expect(amounts).toEqual(["-1", "-2", "-3"]);
    await shop.check();
  });
});

describe("an adjustment whose process died before its receipt", () => {
  it("gets it from whoever adjusts next, before anything else is written", async () => {
    const shop = await opened();
    // The ledger alone is asked, as if the process had ended right after.
    shop.ledger.adjust({ ...dollarIn, id: "lost-1" });
    shop.ledger.adjust({ ...dollarIn, id: "lost-2", amount: -2n });
    const operator = shop.operator();
    await operator.adjust({ ...dollarIn, id: "mine", amount: -3n });
    const ids = (await shop.receipts("adjustment")).map(
      ({ body }) => "adjustment" in body && body.adjustment,
    );
    expect(ids).toEqual(["lost-1", "lost-2", "mine"]);
    await shop.check();
  });

  it("gets it from whoever releases next, and only once", async () => {
    const shop = await opened();
    shop.ledger.adjust({ ...dollarIn, id: "lost" });
    const permit = await shop.hold();
    const one = shop.operator();
    await one.release({ reservation: permit.id, by: "ops", reason: "stuck" });
    await shop.operator().adjust(dollarIn);
    await one.adjust(dollarIn);
    expect(await shop.receipts("adjustment")).toHaveLength(3);
    await shop.check();
  });

  it("gets it also from an operator that has been at work since before", async () => {
    const shop = await opened();
    const operator = shop.operator();
    await operator.adjust(dollarIn);
    shop.ledger.adjust({ ...dollarIn, id: "lost" });
    await operator.adjust(dollarIn);
    expect(await shop.receipts("adjustment")).toHaveLength(3);
    await shop.check();
  });

  it("is looked for among the newest 50, in the operators' chains alone", async () => {
    const shop = await opened();
    shop.ledger.adjust({ ...dollarIn, id: "too old" });
    for (let n = 0; n < 49; n++) shop.ledger.adjust({ ...dollarIn, id: `lost-${n}`, amount: -1n });
    shop.ledger.adjust({ ...dollarIn, id: "newest", amount: -1n });
    const one = shop.operator();
    await one.adjust(dollarIn);
    await one.close();
    const told = (await shop.receipts("adjustment")).map(
      ({ body }) => "adjustment" in body && body.adjustment,
    );
    expect(told).toHaveLength(51);
    expect(told).not.toContain("too old");
    shop.clock.advance(1000);
    await shop.spend();
    shop.log.reads.length = 0;
    await shop.operator().adjust(dollarIn);
    expect(shop.log.reads).toHaveLength(1);
    expect(shop.log.reads[0]).toMatch(/^operator-/);
  });

  it("is not looked for in chains that ended before all of them", async () => {
    const shop = await opened();
    const ancient = shop.operator();
    await ancient.adjust(dollarIn);
    await ancient.close();
    shop.clock.advance(3 * 24 * 60 * 60 * 1000);
    const recent = shop.operator();
    let chain = "";
    for (let n = 0; n < 50; n++)
      chain = (await recent.adjust({ ...dollarIn, amount: -1n })).receipt.body.chain;
    shop.ledger.adjust({ ...dollarIn, id: "lost" });
    shop.log.reads.length = 0;
    await shop.operator().adjust(dollarIn);
    expect(shop.log.reads).toEqual([chain]);
    expect(await shop.receipts("adjustment")).toHaveLength(53);
    await shop.check();
  });

  it("is found also in a log that knows no heads", async () => {
    const shop = await opened();
    const { log } = shop;
    const plain = {
      append: log.append.bind(log),
      read: log.read,
      head: log.head,
    };
    await shop.operator(plain).adjust(dollarIn);
    shop.ledger.adjust({ ...dollarIn, id: "lost" });
    await shop.operator(plain).adjust(dollarIn);
    expect(await shop.receipts("adjustment")).toHaveLength(3);
    await shop.check();
  });

  it("stands in nobody's way when no receipt can tell of it", async () => {
    const shop = await opened();
    shop.ledger.adjust({ ...dollarIn, id: "odd", reason: "\ud800" });
    await shop.operator().adjust(dollarIn);
    expect(await shop.receipts("adjustment")).toHaveLength(1);
  });
});

describe("an operator whose log fails", () => {
  it("changes nothing when it cannot find out what is missing", async () => {
    const shop = await opened();
    shop.ledger.adjust({ ...dollarIn, id: "lost" });
    await shop.operator().adjust(dollarIn);
    shop.log.failure = "reads";
    await expect(shop.operator().adjust(dollarIn)).rejects.toThrow(/nothing can be read/);
    expect(shop.ledger.adjustments()).toHaveLength(2);
  });

  it.each(["loses", "keeps"] as const)(
    "says that the money is booked, and writes the receipt with the next one: a log that %s it",
    async (failure) => {
      const shop = await opened();
      const operator = shop.operator();
      shop.log.failure = failure;
      await expect(operator.adjust({ ...dollarIn, id: "first" })).rejects.toThrow(
        /first is booked, but its receipt/,
      );
      expect(shop.ledger.adjustments()).toHaveLength(1);
      shop.log.failure = "none";
      await operator.adjust({ ...dollarIn, id: "second" });
      await operator.close();
      const ids = (await shop.receipts("adjustment")).map(
        ({ body }) => "adjustment" in body && body.adjustment,
      );
      expect(ids).toEqual(["first", "second"]);
      const report = await shop.check();
      expect(report.chains.find(({ chain }) => chain.startsWith("operator-"))?.closed).toBe(true);
    },
  );

  it.each(["loses", "keeps"] as const)(
    "writes what is owed when it is closed: a log that %s it",
    async (failure) => {
      const shop = await opened();
      const operator = shop.operator();
      await operator.adjust(dollarIn);
      shop.log.failure = failure;
      await expect(operator.adjust({ ...dollarIn, id: "owed" })).rejects.toThrow(StorageFailed);
      await expect(operator.close()).rejects.toThrow();
      shop.log.failure = "none";
      await operator.close();
      expect(await shop.receipts("adjustment")).toHaveLength(2);
      expect((await shop.receipts("close")).length).toBe(1);
      await shop.check();
    },
  );

  it("leaves to the next what it could not write", async () => {
    const shop = await opened();
    shop.log.failure = "loses";
    await expect(shop.operator().adjust({ ...dollarIn, id: "lost" })).rejects.toThrow(StorageFailed);
    shop.log.failure = "none";
    await shop.operator().adjust(dollarIn);
    expect(await shop.receipts("adjustment")).toHaveLength(2);
    await shop.check();
  });
});
