import { describe, expect, it } from "vitest";
import { claim, expireAll, grant, request, setup } from "../../test/ledger-fixture.ts";
import { maxAmount } from "../action/amounts.ts";
import { InvalidConfig, StorageFailed } from "../errors.ts";
import type { ReserveRequest } from "./ledger.ts";
import { memoryLedger } from "./memory-ledger.ts";
import type { MemoryRetention } from "./memory-retention.ts";

describe("memory ledger", () => {
  it("answers at once, without promises", () => {
    const { ledger } = setup();
    const reservation = grant(ledger, "a");
    expect(ledger.extend(reservation, 2000)).toBe(true);
    expect(ledger.nextExpiry()).toBe(2000);
    expect(ledger.settle(reservation, { usd: 7n })).toMatchObject({ status: "settled", late: false });
    expect(ledger.balances({})).toMatchObject([{ spent: 7n, held: 0n }]);
  });

  it("grants a reservation without claims, and its key only once", () => {
    const { ledger } = setup();
    const reservation = grant(ledger, "a", []);
    expect(ledger.settle(reservation, { usd: 7n })).toEqual({ status: "settled", charges: [], late: false });
    expect(ledger.reserve(request("a", []))).toEqual({ status: "conflict", reason: "already_settled" });
  });

  it("finds balances by budget, partition and window", () => {
    const { ledger } = setup();
    const claims = ["a", "b"].flatMap((budget) =>
      ["user=1", "user=2"].flatMap((partition) =>
        ["run:1", "run:2"].map((window) => claim({ budget, partition, window })),
      ),
    );
    grant(ledger, "k", claims);
    expect(ledger.balances({})).toHaveLength(8);
    expect(ledger.balances({ budget: "a" })).toHaveLength(4);
    expect(ledger.balances({ partition: "user=2" })).toHaveLength(4);
    expect(ledger.balances({ budget: "b", partition: "user=1", window: "run:2" })).toEqual([
      {
        budget: "b",
        partition: "user=1",
        window: "run:2",
        endsAt: null,
        unit: "usd",
        limit: 100n,
        spent: 0n,
        held: 10n,
      },
    ]);
    expect(ledger.balances({ budget: "c" })).toEqual([]);
  });

  it("keeps a budget's units apart", () => {
    const { ledger } = setup();
    const reservation = grant(ledger, "a", [claim({ unit: "usd" }), claim({ unit: "tokens" })]);
    ledger.settle(reservation, { usd: 1n, tokens: 2n });
    expect(ledger.balances({}).map(({ unit, spent }) => [unit, spent])).toEqual([
      ["usd", 1n],
      ["tokens", 2n],
    ]);
  });

  it("shows the limit as last seen, also by a request that it refused", () => {
    const { ledger } = setup();
    grant(ledger, "a", [claim({ limit: 100n })]);
    ledger.reserve(request("b", [claim({ limit: 5n })]));
    expect(ledger.balances({})).toMatchObject([{ limit: 5n, held: 10n }]);
  });

  it("keeps its books when a caller changes the claims afterwards", () => {
    const { ledger } = setup();
    const mutable = { ...claim() };
    const reservation = grant(ledger, "a", [mutable]);
    mutable.amount = 1n;
    expect(ledger.release(reservation)).toEqual({ status: "released" });
    expect(ledger.balances({})).toMatchObject([{ spent: 0n, held: 0n }]);
  });

  it("does not take a unit named like a member of every object for one that was used", () => {
    const { ledger } = setup();
    const reservation = grant(ledger, "a", [claim({ unit: "constructor" })]);
    expect(ledger.settle(reservation, {})).toMatchObject({ status: "settled", charges: [{ actual: 10n }] });
  });

  it("makes no balance for a request that it refuses", () => {
    const { ledger } = setup();
    expect(ledger.reserve(request("a", [claim({ limit: 9n })]))).toMatchObject({ status: "refused" });
    expect(ledger.sizes()).toMatchObject({ balances: 0, ended: 1, open: 0 });
  });

  it("ends reservations only as far as its caller asks", async () => {
    const { ledger } = setup();
    for (const key of ["a", "b", "c"]) grant(ledger, key, [claim()], 10);
    for await (const _ of ledger.expire(10)) break;
    expect(ledger.sizes()).toMatchObject({ open: 2, expired: 1 });
    expect(await expireAll(ledger, 10)).toHaveLength(2);
  });

  it("expires each reservation in one of two sweeps at the same time", async () => {
    const { ledger } = setup();
    for (let index = 0; index < 50; index++) grant(ledger, `k${index}`, [claim({ limit: null })], index);
    const [one, other] = await Promise.all([expireAll(ledger, 30), expireAll(ledger, 40)]);
    expect(new Set([...one, ...other]).size).toBe(41);
    expect(one.length + other.length).toBe(41);
  });

  it("leaves to its settlement what settles while a sweep is under way", async () => {
    const { ledger } = setup();
    const reservations = ["a", "b"].map((key, index) => grant(ledger, key, [claim()], index));
    const swept: string[] = [];
    for await (const { key } of ledger.expire(10)) {
      swept.push(key);
      const open = reservations[1];
      if (open !== undefined) ledger.settle(open, { usd: 3n });
    }
    expect(swept).toEqual(["a"]);
    expect(ledger.reserve(request("b"))).toMatchObject({ reason: "already_settled" });
  });

  it.each<[string, Partial<ReserveRequest>]>([
    ["a negative amount", { claims: [claim({ amount: -1n })] }],
    ["an amount that is no bigint", { claims: [claim({ amount: 5 as never })] }],
    ["an amount above 2^63 - 1", { claims: [claim({ amount: maxAmount + 1n, limit: null })] }],
    ["a negative limit", { claims: [claim({ limit: -1n })] }],
    ["a limit above 2^63 - 1", { claims: [claim({ limit: maxAmount + 1n })] }],
    ["a missing limit", { claims: [claim({ limit: undefined as never })] }],
    ["an expiry that is no time", { expiresAt: Number.NaN }],
    ["an expiry that never comes", { expiresAt: Number.POSITIVE_INFINITY }],
  ])("fails for %s, and changes nothing", (_, changes) => {
    const { ledger } = setup();
    expect(() => ledger.reserve({ ...request("a"), ...changes })).toThrow(StorageFailed);
    expect(ledger.sizes()).toEqual({ open: 0, ended: 0, expired: 0, balances: 0, fingerprints: 0 });
    expect(ledger.reserve(request("a"))).toMatchObject({ status: "reserved" });
  });

  it("fails to extend to what is no time", () => {
    const { ledger } = setup();
    const reservation = grant(ledger, "a");
    expect(() => ledger.extend(reservation, Number.NaN)).toThrow(StorageFailed);
    expect(ledger.nextExpiry()).toBe(1000);
  });

  it.each<[keyof MemoryRetention, number]>([
    ["endedMs", -1],
    ["endedCount", 1.5],
    ["runMs", Number.NaN],
    ["fingerprints", 0],
  ])("refuses the retention %s: %d", (name, value) => {
    expect(() => memoryLedger({ retention: { [name]: value } })).toThrow(InvalidConfig);
    expect(() => memoryLedger({ retention: { [name]: value } })).toThrow(`retention.${name}`);
  });
});
