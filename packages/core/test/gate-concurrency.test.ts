import type { BudgetInput, Decision, Ledger, Run } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { brokenLedger } from "./broken-ledger.ts";
import { costing, dollars, type GateFixture, gateFixture, nano } from "./gate-fixture.ts";
import { turns } from "./passing-time.ts";
import { SeededRandom } from "./seeded-random.ts";
import { slowLedger } from "./slow-ledger.ts";

const asked = 1000;

interface Crowded extends GateFixture {
  readonly random: SeededRandom;
  /** Every balance that was above its limit after some step of the ledger; all of them have one. */
  readonly above: readonly string[];
}

/** A gate over a ledger whose calls overtake each other, and which is looked at after each of them. */
function crowded(seed: number, budgets: readonly BudgetInput[]): Crowded {
  const random = new SeededRandom(seed);
  const clock = manualClock();
  const above: string[] = [];
  const ledger = brokenLedger(clock, (sound) => {
    const step = <T>(answer: T): T => {
      for (const { budget, partition, limit, spent, held } of balancesOf(sound)) {
        if (spent + held > (limit ?? 0n)) above.push(`${budget} ${partition}: ${spent} + ${held}`);
      }
      return answer;
    };
    return {
      reserve: (request) => step(sound.reserve(request)),
      settle: (reservation, amounts, source) => step(sound.settle(reservation, amounts, source)),
      release: (reservation, reason) => step(sound.release(reservation, reason)),
    };
  });
  return { ...gateFixture({ budgets, clock, ledger: slowLedger(ledger, random) }), random, above };
}

/** A memory ledger answers at once. */
function balancesOf(ledger: Ledger): Awaited<ReturnType<Ledger["balances"]>> {
  return ledger.balances({}) as Awaited<ReturnType<Ledger["balances"]>>;
}

/** Asks for $1 a thousand times at once, for the runs in turn. */
function askAll({ gate }: Crowded, runs: readonly Run[], key?: (ask: number) => string): Promise<Decision[]> {
  const asks = Array.from({ length: asked }, (_, ask) => {
    const action = costing("$1", key === undefined ? {} : { key: key(ask) });
    return gate.decide(action, { run: runs[ask % runs.length] as Run });
  });
  return Promise.all(asks);
}

/** How many were allowed, by what `of` says of each. */
function allowed(
  decisions: readonly Decision[],
  of: (run: Run) => string = () => "all",
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { permit } of decisions) {
    if (permit !== null) counts[of(permit.run)] = (counts[of(permit.run)] ?? 0) + 1;
  }
  return counts;
}

const people = Array.from({ length: 10 }, (_, at) => `user-${at}`);
const each = (count: number): Record<string, number> =>
  Object.fromEntries(people.map((user) => [user, count]));
const userOf = ({ subject }: Run): string => subject.user ?? "";
/** The user of the topmost run. */
const rootUserOf = (run: Run): string => (run.parent === null ? userOf(run) : rootUserOf(run.parent));

describe.each([1, 2, 3])("a thousand calls at once, in order %i", (seed) => {
  it("get exactly what one budget has", async () => {
    const crowd = crowded(seed, [dollars("$400")]);
    const decisions = await askAll(crowd, [crowd.gate.run()]);
    expect(allowed(decisions)).toEqual({ all: 400 });
    expect(await crowd.money("money")).toEqual({ spent: 0n, held: nano("400") });
    expect(crowd.above).toEqual([]);
    await crowd.check();
  });

  it("get exactly what each partition has", async () => {
    const crowd = crowded(seed, [dollars("$37", { by: ["user"] })]);
    const runs = people.map((user) => crowd.gate.run({ user }));
    expect(allowed(await askAll(crowd, runs), userOf)).toEqual(each(37));
    expect(crowd.above).toEqual([]);
    await crowd.check();
  });

  it("get exactly what the tightest of several budgets has, and hold nothing in the others for the rest", async () => {
    const crowd = crowded(seed, [
      dollars("$500"),
      { id: "calls", limit: "60 calls", by: ["user"] },
      { id: "run", limit: "1000 calls", per: "run" },
    ]);
    const runs = people.map((user) => crowd.gate.run({ user }));
    const decisions = await askAll(crowd, runs);
    // Together the users could make 600 calls, so that it is the money that runs out.
    expect(allowed(decisions)).toEqual({ all: 500 });
    expect(Math.max(...Object.values(allowed(decisions, userOf)))).toBeLessThanOrEqual(60);
    for (const budget of ["calls", "run"]) expect((await crowd.money(budget)).held).toBe(500n);
    expect(crowd.above).toEqual([]);
    await crowd.check();
  });

  it("get exactly what their topmost run has, and its user, when they are made by child runs", async () => {
    const crowd = crowded(seed, [
      dollars("$40", { by: ["user"] }),
      { id: "run", limit: "33 calls", per: "run", match: { user: people.slice(0, 5) } },
    ]);
    const runs = people.flatMap((user) => {
      const root = crowd.gate.run({ user });
      const child = root.child({ user: `${user}'s helper` });
      return [root, child, child.child(), root.child()];
    });
    const counts = allowed(await askAll(crowd, runs), rootUserOf);
    expect(counts).toEqual(Object.fromEntries(people.map((user, at) => [user, at < 5 ? 33 : 40])));
    expect(crowd.above).toEqual([]);
    await crowd.check();
  });

  it("get one permit for each key, which only one of its callers begins", async () => {
    const crowd = crowded(seed, [dollars("$150")]);
    const decisions = await askAll(crowd, [crowd.gate.run()], (ask) => `k${ask % 100}`);
    expect(new Set(decisions.map(({ permit }) => permit)).size).toBe(100);
    expect(decisions.filter(({ permit }) => permit?.begin())).toHaveLength(100);
    expect(await crowd.money("money")).toEqual({ spent: 0n, held: nano("100") });
    await crowd.check();
  });

  it("never come to more than a budget has while they end, and to what they used when they have", async () => {
    const crowd = crowded(seed, [dollars("$200"), dollars("$30", { id: "mine", by: ["user"] })]);
    const { gate, random } = crowd;
    const runs = people.map((user) => gate.run({ user }));
    let granted = 0;
    let used = 0n;
    /** What the open calls may still use and the settled ones have, as their callers know it. */
    let committed = 0n;
    const call = async (run: Run): Promise<void> => {
      await turns(random.below(300));
      const { permit } = await gate.decide(costing("$1"), { run });
      if (permit === null) return;
      granted += 1;
      committed += nano("1");
      expect(committed).toBeLessThanOrEqual(nano("200"));
      await turns(random.below(20));
      const amount = random.chance(30) ? 0n : BigInt(random.below(Number(nano("1"))));
      used += amount;
      committed += amount - nano("1");
      await (amount === 0n ? permit.release("not sent") : permit.settle({ amounts: { usd: amount } }));
    };
    await Promise.all(Array.from({ length: asked }, (_, ask) => call(runs[ask % runs.length] as Run)));
    // Whoever was refused found a budget full, so that many calls went out at least.
    expect(granted).toBeGreaterThanOrEqual(200);
    expect(await crowd.money("money")).toEqual({ spent: used, held: 0n });
    expect(await crowd.money("mine")).toEqual({ spent: used, held: 0n });
    expect(crowd.above).toEqual([]);
    await crowd.check();
  });
});
