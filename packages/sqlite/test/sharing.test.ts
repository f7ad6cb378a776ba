import { sqliteFile, sqliteLedger } from "@tollgate/sqlite";
import { describe, expect, it } from "vitest";
import { OpenFile } from "../src/open-file.ts";
import { claim, grant, outcome, request, standing, sweep } from "./requests.ts";
import { tempFile } from "./temp-folder.ts";

/** Two ledgers with connections of their own, as in two processes. */
function two() {
  const path = tempFile();
  return [sqliteLedger(path), sqliteLedger(path)] as const;
}

describe("what one connection does, another one sees at once", () => {
  it("what is held and spent", async () => {
    const [one, other] = two();
    const first = await grant(one, "a", [claim({ amount: 60n })]);
    expect(await other.reserve(request("b", [claim({ amount: 50n })]))).toMatchObject({ status: "refused" });
    await other.settle(await grant(other, "c", [claim({ amount: 40n })]), { usd: 30n }, "reported");
    const answer = await one.reserve(request("d", [claim({ amount: 10n })]));
    expect(answer).toMatchObject({ status: "reserved", balances: [{ spent: 30n, held: 70n }] });
    expect(await other.release(first, "not sent")).toEqual({ status: "released" });
    expect(await standing(one)).toEqual({ spent: 30n, held: 10n });
    await Promise.all([one.close(), other.close()]);
  });

  it("that a key is open, ended or burned", async () => {
    const [one, other] = two();
    const open = await grant(one, "open");
    await one.settle(await grant(one, "ended"), {}, "reported");
    const burned = await one.reserve(request("burned", [claim({ amount: 500n })]));
    expect(await other.reserve(request("open"))).toMatchObject({ replayed: true, reservation: open });
    expect(await other.reserve(request("ended"))).toEqual({ status: "conflict", reason: "already_settled" });
    expect(await other.reserve(request("burned", [claim({ amount: 500n })]))).toEqual(burned);
    await Promise.all([one.close(), other.close()]);
  });

  it("that a reservation was extended or ended elsewhere", async () => {
    const [one, other] = two();
    const [a, b, c] = [await grant(one, "a"), await grant(one, "b"), await grant(one, "c")];
    expect(await other.extend(a, 5000)).toBe(true);
    expect(await other.settle(b, { usd: 3n }, "reported")).toMatchObject({ status: "settled", late: false });
    expect(await sweep(other, 1000)).toEqual(["c"]);
    expect(await one.nextExpiry()).toBe(5000);
    expect(await one.settle(a, { usd: 4n }, "reported")).toMatchObject({ status: "settled", late: false });
    expect(await one.nextExpiry()).toBe(null);
    expect(await one.settle(b, {}, "reported")).toEqual({
      status: "conflict",
      ended: "settled",
      late: false,
    });
    expect(await one.settle(c, { usd: 5n }, "reported")).toMatchObject({ status: "settled", late: true });
    expect(await standing(other)).toEqual({ spent: 12n, held: 0n });
    await Promise.all([one.close(), other.close()]);
  });
});

describe("a ledger that is opened again", () => {
  it("goes on where it was", async () => {
    const path = tempFile();
    const before = sqliteLedger(path);
    const reservation = await grant(before, "a", [claim({ amount: 2n ** 62n, limit: 2n ** 63n - 1n })], 7000);
    await before.close();
    const after = sqliteLedger(path);
    expect(await after.nextExpiry()).toBe(7000);
    expect(await after.reserve(request("a"))).toMatchObject({ replayed: true, reservation });
    const charges = [{ claim: reservation.claims[0], actual: 5n, overage: 0n }];
    expect(await after.settle(reservation, { usd: 5n }, "reported")).toEqual({
      status: "settled",
      charges,
      late: false,
    });
    await after.close();
  });
});

describe("whoever has a reservation", () => {
  it("cannot change what is booked for it", async () => {
    const ledger = sqliteLedger(tempFile());
    const mine = { ...claim() };
    const reservation = await grant(ledger, "a", [mine]);
    mine.amount = 1n;
    Object.assign(mine, { budget: "other", limit: null });
    expect(await ledger.release(reservation, "not sent")).toEqual({ status: "released" });
    expect(await ledger.balances({})).toMatchObject([{ budget: "b", held: 0n }]);
    await ledger.close();
  });
});

describe("names that cannot be stored as they are", () => {
  it("are refused: they would be taken for others", async () => {
    const ledger = sqliteLedger(tempFile());
    for (const odd of [
      request("\ud800"),
      request("a", [claim({ window: "run:\udfff" })]),
      request("a", [claim({ partition: "user=\ud83d" })]),
    ]) {
      expect(await outcome(async () => ledger.reserve(odd))).toMatch(
        /cannot be stored; nothing was changed$/,
      );
    }
    // Whole pairs, and characters that are special elsewhere, are as good as any.
    const names = ["\u{1f512}", "a\0b", "a", "a\nb", "%", "'"];
    for (const [nth, name] of names.entries()) {
      const claims = [claim({ window: `run:${name}`, partition: name })];
      await ledger.settle(await grant(ledger, name, claims), { usd: BigInt(nth) }, "reported");
    }
    for (const [nth, name] of names.entries()) {
      expect(await ledger.balances({ partition: name })).toMatchObject([
        { window: `run:${name}`, spent: BigInt(nth) },
      ]);
    }
    await ledger.close();
  });
});

describe("a transaction that cannot be ended", () => {
  it("is given up before the next one begins", async () => {
    const file = new OpenFile(tempFile(), { durability: "normal", busyTimeoutMs: 50 });
    const ledger = sqliteLedger(file);
    await grant(ledger, "a");
    // As if a rollback had failed.
    file.database.exec("BEGIN IMMEDIATE; DELETE FROM live");
    await grant(ledger, "b");
    expect(await standing(ledger)).toEqual({ spent: 0n, held: 20n });
    await ledger.close();
  });

  it("and a mistake in its work leaves nothing of it", async () => {
    const file = new OpenFile(tempFile(), { durability: "normal", busyTimeoutMs: 50 });
    const ledger = sqliteLedger(sqliteFile(file.path));
    await grant(ledger, "a");
    const mistake = (): never => {
      file.database.exec("DELETE FROM live");
      throw new TypeError("a mistake");
    };
    expect(await outcome(() => file.write(mistake))).toMatch(
      /could not be used \(a mistake\); nothing was changed$/,
    );
    expect(await standing(ledger)).toEqual({ spent: 0n, held: 10n });
    await ledger.close();
  });
});
