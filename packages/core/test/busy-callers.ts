import type { Gate, Permit, Run } from "@tollgate/core";
import { expect } from "vitest";
import { costing, nano } from "./gate-fixture.ts";
import { turns } from "./passing-time.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** How a caller ends its permit, if it does at all. */
type Ending =
  | "settle"
  | "release"
  | "settle or release"
  | "settle unwatched"
  | "settle held"
  | "settle late"
  | "forget";

const endings: readonly Ending[] = [
  "settle",
  "settle",
  "settle",
  "release",
  "settle or release",
  "settle unwatched",
  "settle held",
  "settle late",
  "forget",
];

/** More turns than a reservation of 20 seconds lives while a quarter of a second passes in each. */
const longTurns = 110;

/** Callers who do to a gate what callers do, many of them at a time, and remember what came of it. */
export class BusyCallers {
  readonly #gate: Gate;
  readonly #random: SeededRandom;
  readonly #runs: readonly Run[];
  /** Keys whose call went out, with the run's id before them. */
  readonly #begun = new Set<string>();
  readonly #settled: { readonly permit: Permit; readonly used: bigint; readonly ending: Ending }[] = [];

  constructor(gate: Gate, random: SeededRandom) {
    this.#gate = gate;
    this.#random = random;
    const ann = gate.run({ user: "ann" });
    this.#runs = [ann, ann.child(), gate.run({ user: "bob" })];
  }

  /** Many calls, mostly a few turns apart; resolves when the last of them has ended its permit. */
  async make(calls: number): Promise<void> {
    const made: Promise<void>[] = [];
    for (let call = 0; call < calls; call++) {
      made.push(this.#call());
      // In a lull reservations expire, and the next call finds them.
      await turns(this.#random.chance(15) ? 40 : this.#random.below(4));
    }
    await Promise.all(made);
  }

  /** What all settled calls together have used. */
  get spent(): bigint {
    return this.#settled.reduce((sum, { used }) => sum + used, 0n);
  }

  /** Checks that every permit ended the way its caller said. */
  check(): void {
    for (const { permit, used, ending } of this.#settled) {
      expect(permit.ended, ending).toMatchObject({ outcome: "settled" });
      expect(permit.ended?.charges.find(({ claim }) => claim.budget === "money")?.actual).toBe(used);
      if (ending === "settle held") expect(permit.ended).toMatchObject({ late: false });
    }
  }

  async #call(): Promise<void> {
    const random = this.#random;
    const run = random.pick(this.#runs);
    const key = random.chance(30) ? `k${random.below(5)}` : undefined;
    // With a key it mostly is the same action again.
    const cost = random.chance(key === undefined ? 50 : 10) ? "$2" : "$1";
    const asked = costing(cost, key === undefined ? {} : { key });
    const { permit } = await this.#gate.decide(asked, { run });
    if (permit?.begin() !== true) return;
    if (key !== undefined) {
      expect(this.#begun, "no key lets two calls out").not.toContain(`${run.id} ${key}`);
      this.#begun.add(`${run.id} ${key}`);
    }
    await this.#end(permit, random.pick(endings));
  }

  async #end(permit: Permit, ending: Ending): Promise<void> {
    const letGo = ending === "settle held" ? permit.hold() : undefined;
    await turns(ending === "settle held" || ending === "settle late" ? longTurns : this.#random.below(5));
    if (ending === "forget") return;
    if (ending === "release") {
      await permit.release("not sent").catch(() => undefined);
      return;
    }
    // Now and then it is more than was held.
    const used = BigInt(this.#random.below(Number(nano("1.10"))));
    this.#settled.push({ permit, used, ending });
    const settling = permit.settle({ amounts: { usd: used } });
    if (ending === "settle unwatched") return;
    // Whoever ends it later, and also does not wait for it, changes nothing.
    if (ending === "settle or release") void permit.release("changed my mind");
    // A failed ending is the gate's to try again.
    await settling.catch(() => undefined);
    if (ending === "settle or release") void permit.release("changed my mind");
    letGo?.();
  }
}
