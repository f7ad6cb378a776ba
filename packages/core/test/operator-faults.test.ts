import type { Ledger } from "@tollgate/core";
import type { LedgerAdmin } from "@tollgate/core/driver";
import { createOperator } from "@tollgate/core/operate";
import { verifyChain } from "@tollgate/core/verify";
import { describe, expect, it } from "vitest";
import type { ReceiptLog } from "../src/receipt/receipt-log.ts";
import { dollarIn, Shop } from "./operator-fixture.ts";

/** When a call fails: before anything is done, or after it, so that only the answer is lost. */
type Moment = "before" | "after";

/** Counts the calls of a shop's ledger and log; the one with number `at` fails, or all from it on until healed. */
class Faults {
  readonly calls: string[] = [];
  readonly #at: number;
  readonly #moment: Moment;
  readonly #goesOn: boolean;
  #isHealed = false;

  constructor(at: number, moment: Moment, goesOn: boolean) {
    this.#at = at;
    this.#moment = moment;
    this.#goesOn = goesOn;
  }

  heal(): void {
    this.#isHealed = true;
  }

  ledger(ledger: Ledger & LedgerAdmin): Ledger & LedgerAdmin {
    return this.#over(ledger);
  }

  log(log: ReceiptLog): ReceiptLog {
    const read: ReceiptLog["read"] = async function* (
      this: Faults,
      query?: Parameters<ReceiptLog["read"]>[0],
    ) {
      const fails = this.#count("read");
      if (fails === "before") throw new Error("nothing can be read");
      yield* log.read(query);
      if (fails === "after") throw new Error("no more can be read");
    }.bind(this);
    return this.#over({ ...log, append: log.append.bind(log), read });
  }

  #over<Target extends object>(target: Target): Target {
    return new Proxy(target, {
      get: (_, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function" || name === "read") return member;
        return async (...args: readonly unknown[]) => {
          const fails = this.#count(String(name));
          if (fails === "before") throw new Error("it was not reached");
          const answer: unknown = await Reflect.apply(member, target, args);
          if (fails === "after") throw new Error("its answer was lost");
          return answer;
        };
      },
    });
  }

  #count(name: string): Moment | null {
    this.calls.push(name);
    const nth = this.calls.length;
    const isDue = this.#goesOn ? nth >= this.#at : nth === this.#at;
    return isDue && !this.#isHealed ? this.#moment : null;
  }
}

interface Tried {
  readonly shop: Shop;
  readonly calls: readonly string[];
  /** How the ledger has the reservation that was to be released, and how the receipts have it. */
  readonly stuck: readonly [string | undefined, string | undefined];
}

/** An operator does all there is to do, while a call fails, and then tries again or dies; another goes on. */
async function tried(faults: Faults, end: "tries again" | "dies"): Promise<Tried> {
  const shop = new Shop();
  await shop.spend();
  const { id } = await shop.hold();
  shop.ledger.adjust({ ...dollarIn, id: "left by another", amount: -7n });
  const { signer, clock } = shop;
  const operator = createOperator({
    ledger: faults.ledger(shop.ledger),
    log: faults.log(shop.log),
    signer,
    clock,
  });
  const work = async (): Promise<void> => {
    await operator.adjust({ ...dollarIn, id: "one", amount: -1n }).catch(() => undefined);
    await operator.release({ reservation: id, by: "ops", reason: "stuck" }).catch(() => undefined);
    await operator.adjust({ ...dollarIn, id: "two", kind: "correction", amount: 5n }).catch(() => undefined);
  };
  await work();
  if (end === "tries again") {
    faults.heal();
    await work();
    await operator.close();
  }
  const next = shop.operator();
  await next.adjust({ ...dollarIn, id: "three", amount: -3n });
  await next.close();
  const told = (await shop.receipts("settlement")).flatMap(({ body }) =>
    body.type === "settlement" && body.reservation === id ? [body.outcome] : [],
  );
  expect(told.length).toBeLessThan(2);
  const [kept] = shop.ledger.reservations({ id });
  return { shop, calls: faults.calls, stuck: [kept?.status, told[0]] };
}

describe.each(["tries again", "dies"] as const)("an operator that %s", (end) => {
  describe.each([false, true])("after failures, which go on: %s", (goesOn) => {
    it.each(["before", "after"] as const)(
      "leaves a log that verifies and replays to the ledger, whichever call failed, %s it was done",
      async (moment) => {
        const unrecorded: (string | undefined)[] = [];
        let most = 1;
        for (let at = 1; at <= most; at++) {
          const { shop, calls, stuck } = await tried(new Faults(at, moment, goesOn), end);
          most = Math.max(most, calls.length);
          if (stuck[0] !== "released" || stuck[1] === "released") {
            await shop.check();
            continue;
          }
          unrecorded.push(calls[at - 1]);
          const report = await verifyChain(await shop.receipts(), { keys: [shop.signer.publicKey] });
          expect([report.break, report.open]).toEqual([null, 1]);
        }
        expect(most).toBeGreaterThan(10);
        // Who does not know that it released cannot say so, nor can who is gone: the ledger misses that receipt later.
        const isLost = moment === "after" || (end === "dies" && goesOn);
        expect(unrecorded.at(-1)).toBe(isLost ? (moment === "after" ? "release" : "append") : undefined);
      },
    );
  });
});
